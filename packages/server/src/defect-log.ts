import type { Logger } from "pino";
import { StorageUnavailable } from "./store/group-commit.ts";

/** How often a data folder that cannot be written is logged, in milliseconds: every request and every pass meets it. */
const againMilliseconds = 60_000;

/** Logs defects with their stack, and a full disk in one line. */
export function defectLog(log: Pick<Logger, "error">, clock: () => number): (error: unknown, about: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (error, about) => {
    if (!(error instanceof StorageUnavailable)) return log.error({ err: error, about }, "defect");
    if (clock() - loggedAt < againMilliseconds) return;
    loggedAt = clock();
    log.error(error.message);
  };
}
