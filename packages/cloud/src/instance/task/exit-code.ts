import { constants } from "node:os";

/** The number by which a shell tells how a program has ended: 128 and the signal's number, when a signal has ended it. */
export const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + constants.signals[signal ?? "SIGKILL"];
