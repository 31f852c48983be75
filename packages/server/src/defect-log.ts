import type { Logger } from "pino";
import { Unwritable } from "./store/database.ts";

/** How often a data folder that takes no writes is spoken of, in milliseconds: every request and every pass meets it. */
const againMilliseconds = 60_000;

/** Says in the log what went wrong here, a defect with its stack; a disk that is full in one line. */
export function defectLog(log: Pick<Logger, "error">, clock: () => number): (error: unknown, about: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error, about) => {
    if (!(error instanceof Unwritable)) return log.error({ err: error, about }, "defect");
    if (clock() - saidAt < againMilliseconds) return;
    saidAt = clock();
    log.error(error.message);
  };
}
