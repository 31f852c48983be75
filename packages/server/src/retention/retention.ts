import { setTimeout as pause } from "node:timers/promises";
import type { AuditLog } from "../audit/audit-log.ts";
import { PeriodicTask } from "../reconciler/periodic-task.ts";
import { type ExpiryStep, firstPosition } from "../store/deployments/expired.ts";
import type { Store } from "../store/index.ts";

/** For how many days things are kept; undefined, or 0, is for ever. */
export interface RetentionDays {
  /** Deployments that have ended, with their targets and logs. */
  readonly deployments?: number | undefined;
  /** Revisions that nobody uses. */
  readonly revisions?: number | undefined;
  /** Entries of the audit log. */
  readonly auditEntries?: number | undefined;
}

export interface RetentionOptions {
  readonly store: Pick<Store, "deployments" | "revisions" | "write">;
  /** Absent where the log is not deleted. */
  readonly audit?: Pick<AuditLog, "deleteBefore"> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly keep: RetentionDays;
  readonly log: (about: Readonly<Record<string, number>>, message: string) => void;
  readonly onDefect: (error: unknown, about: string) => void;
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** How often old things are looked for, in milliseconds. */
const roundMilliseconds = 60 * 60 * 1000;

/** How long after a start the first round comes, in milliseconds: a start has other work. */
export const firstRoundMilliseconds = 60_000;

/** How many rows a step deletes, or looks at: a few milliseconds' worth. */
const rowsPerStep = 100;

/** What other work has between two steps, in milliseconds. */
const stepMilliseconds = 20;

/** Deletes what is older than it is to be kept, in steps that nobody feels. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #task: PeriodicTask;
  #isClosed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#task = new PeriodicTask(
      roundMilliseconds,
      () => this.round(),
      (error) => options.onDefect(error, "retention"),
    );
  }

  start(afterMilliseconds: number = firstRoundMilliseconds): void {
    this.#task.start(afterMilliseconds);
  }

  /** Resolves when no step is in progress any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#task.close();
  }

  /** Deletes everything that is due. */
  async round(): Promise<void> {
    const { store, audit, keep, log } = this.#options;
    const { deployments, revisions } = store;
    const deleted = {
      deployments: await this.#each(keep.deployments, firstPosition, (before, from) =>
        store.write(() => deployments.deleteExpired(before, from, rowsPerStep)),
      ),
      revisions: await this.#each(keep.revisions, { applicationId: "", identity: "" }, (before, from) =>
        store.write(() => revisions.deleteUnused(before, from, rowsPerStep)),
      ),
      auditEntries: await this.#each(audit && keep.auditEntries, {}, async (before) => {
        const gone = (await audit?.deleteBefore(before, rowsPerStep)) ?? 0;
        return { deleted: gone, next: gone < rowsPerStep ? undefined : {} };
      }),
    };
    if (Object.values(deleted).some((count) => count > 0)) log(deleted, "deleted what was older than it is to be kept");
  }

  /** Makes steps until none is due. Returns how much is gone. */
  async #each<Position>(
    days: number | undefined,
    first: Position,
    step: (before: number, from: Position) => Promise<ExpiryStep<Position>>,
  ): Promise<number> {
    if (days === undefined || days === 0) return 0;
    const before = this.#options.clock() - days * dayMilliseconds;
    let count = 0;
    for (let from: Position | undefined = first; from !== undefined && !this.#isClosed;) {
      const { deleted, next }: ExpiryStep<Position> = await step(before, from);
      count += deleted;
      from = next;
      if (from !== undefined) await pause(stepMilliseconds);
    }
    return count;
  }
}
