// In which order the files run, and which beside which. Most wait for processes, timers and each other rather than for a
// processor: so another one begins whenever the processors have been idle for a while, on whatever machine.
import { setTimeout as pause } from "node:timers/promises";

/** What is known of a file before it runs. */
export interface Planned {
  readonly file: string;
  /** About how long it takes. */
  readonly seconds: number;
  /** It takes the longest whatever the machine, or counts what happens within a time: it begins before the others load the machine. */
  readonly runsFirst: boolean;
}

/** What may run at once. */
export interface Limits {
  /** This many run however busy the processors are. */
  readonly filesMin: number;
  readonly filesMax: number;
  /** Whether processors have been idle since a file began. */
  readonly hasRoom: () => boolean;
}

/** The interval at which it checks for idle processors, in milliseconds. */
const askMilliseconds = 100;

/** Runs all files: those that run first, then the longest. */
export async function runAll(
  files: readonly Planned[],
  { filesMin, filesMax, hasRoom }: Limits,
  run: (file: string) => Promise<void>,
): Promise<void> {
  const order = (file: Planned) => (file.runsFirst ? Infinity : file.seconds);
  const waiting = files.toSorted((a, b) => (order(b) > order(a) ? 1 : order(b) < order(a) ? -1 : 0));
  const running = new Set<Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    const fits = running.size < filesMin || (running.size < filesMax && hasRoom());
    const next = fits ? waiting.shift() : undefined;
    if (next === undefined) {
      await Promise.race([...running, ...(waiting.length > 0 ? [pause(askMilliseconds)] : [])]);
      continue;
    }
    const ended: Promise<void> = run(next.file).finally(() => running.delete(ended));
    running.add(ended);
  }
}
