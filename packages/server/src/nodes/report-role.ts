import { PeriodicTask } from "../reconciler/periodic-task.ts";
import type { Journal, NodeAddress } from "./journal.ts";
import type { Role } from "./node.ts";

/** How often a node says in the journal what it does, in milliseconds. */
const reportMilliseconds = 2_000;

export interface ReportRoleOptions {
  readonly journal: Journal;
  readonly version: string;
  readonly clock: () => number;
  readonly onTrouble: (cause: unknown, doing: string) => void;
}

/** Says in the journal what a node does, how far it has come and since when: at each change, and again and again. */
export class ReportRole {
  readonly #options: ReportRoleOptions;
  readonly #task: PeriodicTask;
  #me: NodeAddress | undefined;
  #role: Role = { kind: "begins" };
  #since: number;

  constructor(options: ReportRoleOptions) {
    this.#options = options;
    this.#since = options.clock();
    this.#task = new PeriodicTask(
      reportMilliseconds,
      () => this.#report(),
      (error) => this.#warn(error),
    );
  }

  /** Begins, for the node that is reached like this. */
  start(me: NodeAddress): void {
    this.#me = me;
    this.#task.start();
  }

  /** Takes what the node does from now on. Returns what it did before. */
  change(role: Role): Role["kind"] {
    const before = this.#role.kind;
    this.#role = role;
    if (role.kind !== before) this.#since = this.#options.clock();
    void this.#report().catch((cause: unknown) => this.#warn(cause));
    return before;
  }

  close(): Promise<void> {
    return this.#task.close();
  }

  async #report(): Promise<void> {
    const role = this.#role;
    if (this.#me === undefined || role.kind === "begins" || role.kind === "takes up") return;
    const { journal, version } = this.#options;
    const { sequence } = role.replica.position;
    await journal.report({ ...this.#me, version, role: role.kind, sequence, since: this.#since });
  }

  #warn(cause: unknown): void {
    this.#options.onTrouble(cause, "say what it does");
  }
}
