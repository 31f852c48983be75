// In which order the files run, and which beside which. Most wait for processes, timers and each other rather than for a
// processor: so more run at once than there are processors, as long as what they use of them together is there.

/** What is known of a file before it runs. */
export interface Planned {
  readonly file: string;
  /** How long it took when nothing else ran. */
  readonly seconds: number;
  /** Which part of one processor it kept busy meanwhile. */
  readonly load: number;
  /** It measures time, or takes what there is only one of. */
  readonly runsAlone: boolean;
}

/** What may run at once. */
export interface Limits {
  readonly filesMax: number;
  /** Processors' worth of load. */
  readonly loadMax: number;
}

/** Runs all files, the longest first; those that run alone do so at the end, when nothing else runs. */
export async function runAll(
  files: readonly Planned[],
  limits: Limits,
  run: (file: string) => Promise<void>,
): Promise<void> {
  const waiting = files.filter(({ runsAlone }) => !runsAlone).toSorted((a, b) => b.seconds - a.seconds);
  const running = new Map<Planned, Promise<void>>();
  for (;;) {
    for (let next = nextOf(waiting, [...running.keys()], limits); next !== undefined;) {
      const begun = next;
      waiting.splice(waiting.indexOf(begun), 1);
      running.set(
        begun,
        run(begun.file).finally(() => running.delete(begun)),
      );
      next = nextOf(waiting, [...running.keys()], limits);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  for (const { file } of files.filter(({ runsAlone }) => runsAlone)) await run(file);
}

/** The longest file that fits beside those that run; any at all when none does. */
function nextOf(
  waiting: readonly Planned[],
  running: readonly Planned[],
  { filesMax, loadMax }: Limits,
): Planned | undefined {
  if (running.length === 0) return waiting[0];
  if (running.length >= filesMax) return undefined;
  const left = loadMax - running.reduce((sum, { load }) => sum + load, 0);
  return waiting.find(({ load }) => load <= left);
}
