import type { Command, LifecycleEvent, LifecycleEventName, Target } from "@sluice/engine";
import type { Reports } from "./reports.ts";
import type { Database } from "../database.ts";
import type { DeploymentCache } from "./cache.ts";

/** A command for a host: an event of a target. */
export interface CommandRecord {
  readonly id: string;
  readonly deploymentId: string;
  readonly targetId: string;
  readonly host: string;
  readonly event: LifecycleEventName;
}

/** A command that its host has not acknowledged. */
export interface OpenCommand extends CommandRecord {
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/**
 * Commands that wait for their hosts. An in-memory index; the targets table is the source of truth. Rebuilt at start
 * and after a rollback.
 */
export class Outbox {
  readonly #db: Database;
  readonly #cache: DeploymentCache;
  readonly #reports: Reports;
  #byHost: Map<string, readonly OpenCommand[]> | undefined;

  constructor(db: Database, cache: DeploymentCache, reports: Reports) {
    this.#db = db;
    this.#cache = cache;
    this.#reports = reports;
    db.onRollback(() => this.forget());
  }

  /** Forgets the index: deployments have been deleted, or a transaction was rolled back. */
  forget(): void {
    this.#byHost = undefined;
  }

  /** Returns the commands that the host has not acknowledged, oldest first. */
  openFor(host: string): readonly OpenCommand[] {
    this.#byHost ??= this.#read();
    return (this.#byHost.get(host) ?? []).filter(({ id }) => !this.#reports.isReported(id));
  }

  /** How many commands no host has acknowledged. */
  get length(): number {
    this.#byHost ??= this.#read();
    let count = 0;
    for (const commands of this.#byHost.values()) count += commands.length;
    return count;
  }

  /** Updates the index after a pass has changed a target. */
  update(deploymentId: string, target: Target): void {
    if (this.#byHost === undefined) return;
    const { hostIdentifier: host } = target;
    const others = (this.#byHost.get(host) ?? []).filter(
      (command) => command.deploymentId !== deploymentId || command.targetId !== target.id,
    );
    const open = [...others, ...openCommands(deploymentId, target)];
    if (open.length === 0) this.#byHost.delete(host);
    else this.#byHost.set(host, open);
  }

  #read(): Map<string, readonly OpenCommand[]> {
    const live = this.#db.all<{ id: string }>("SELECT id FROM deployments WHERE is_over = 0 ORDER BY create_time");
    const all = live.flatMap(({ id }) => this.#cache.targets(id).flatMap((target) => openCommands(id, target)));
    return Map.groupBy(
      all.toSorted((a, b) => a.issuedAt - b.issuedAt),
      ({ host }) => host,
    );
  }
}

function openCommands(
  deploymentId: string,
  { id: targetId, hostIdentifier: host, events }: Target,
): readonly OpenCommand[] {
  return events.filter(isOpen).map(({ name: event, command: { id, issuedAt } }) => ({
    id,
    deploymentId,
    targetId,
    host,
    event,
    issuedAt,
  }));
}

/** Whether an event waits for its host. */
function isOpen(event: LifecycleEvent): event is LifecycleEvent & { readonly command: Command } {
  const { status, command } = event;
  if (command === undefined || command.effect !== undefined || command.acknowledgedAt !== undefined) return false;
  return status === "Pending" || status === "InProgress";
}
