import { cpus } from "node:os";

/** The share of the processors' time that must have been idle for another file to begin. */
const idleShareMin = 0.25;

/** The period over which it is measured, in milliseconds: enough for a file that has just begun to show its use. */
const windowMilliseconds = 700;

/** Returns a function that tells whether the processors have been idle since its last measurement. Other users' processes count, too. */
export function watchIdle(
  clock: () => number = () => performance.now(),
  times: () => Times = timesOfProcessors,
): () => boolean {
  let since = { at: clock(), ...times() };
  return () => {
    const now = { at: clock(), ...times() };
    if (now.at - since.at < windowMilliseconds) return false;
    const idle = (now.idle - since.idle) / Math.max(1, now.all - since.all);
    since = now;
    return idle >= idleShareMin;
  };
}

/** The time that processors have been idle, and all of it, in milliseconds. */
interface Times {
  readonly idle: number;
  readonly all: number;
}

function timesOfProcessors(): Times {
  const all = cpus().map(({ times }) => times);
  const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0);
  return { idle: sum(all.map(({ idle }) => idle)), all: sum(all.map((times) => sum(Object.values(times)))) };
}
