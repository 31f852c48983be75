import { cpus } from "node:os";

/** Which part of the processors' time must have been idle for another file to begin. */
const idleShareMin = 0.25;

/** Over how long that is looked at, in milliseconds: what has just begun shows what it uses by then. */
const windowMilliseconds = 700;

/** Tells whether the processors, those of whoever else uses this machine included, have been idle since it last said so. */
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

/** What processors have done so far, in milliseconds. */
interface Times {
  readonly idle: number;
  readonly all: number;
}

function timesOfProcessors(): Times {
  const all = cpus().map(({ times }) => times);
  const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0);
  return { idle: sum(all.map(({ idle }) => idle)), all: sum(all.map((times) => sum(Object.values(times)))) };
}
