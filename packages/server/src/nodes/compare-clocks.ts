import type { Logger } from "pino";
import type { Journal } from "./journal.ts";

/** Above this, the clocks of two nodes would show in the times of one deployment. In milliseconds. */
const differenceMax = 1_000;

/** Warns when the clock of a node that takes over, in milliseconds since the epoch, is far from the journal's. */
export async function compareClocks(journal: Journal, clock: () => number, log: Logger): Promise<void> {
  const now = await journal.time().catch(() => undefined); // it is only about a warning
  if (now === undefined) return;
  const difference = clock() - now;
  if (Math.abs(difference) > differenceMax)
    log.warn(
      { milliseconds: Math.round(difference) },
      "the clock of this machine and that of the database differ: times of deployments that other nodes have begun may step",
    );
}
