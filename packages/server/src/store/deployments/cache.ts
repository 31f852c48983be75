import { type Fleet, type Fleets, type Target, targetOf } from "@sluice/engine";
import type { Database } from "../database.ts";

/** How many deployments are cached: more than are usually in progress at once. */
const cachedMax = 256;

/**
 * A cache of the targets and fleets of deployments: a pass over a thousand hosts must not parse all of them for the one
 * that has reported. A commit updates it. Entries that are not committed yet are forgotten after a rollback.
 */
export class DeploymentCache {
  readonly #db: Database;
  readonly #targets = new Map<string, readonly Target[]>();
  readonly #fleets = new Map<string, Fleets>();
  /** Deployments that were cached by a transaction that is not committed yet. */
  readonly #uncommitted = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => this.#forgetUncommitted());
  }

  targets(deploymentId: string): readonly Target[] {
    const cached = this.#targets.get(deploymentId);
    if (cached !== undefined) return cached;
    const rows = this.#db.all<{ target: string }>(
      "SELECT target FROM targets WHERE deployment_id = ? ORDER BY position",
      deploymentId,
    );
    const targets = rows.map(({ target }) => JSON.parse(target) as Target); // written by `commit`
    this.remember(deploymentId, targets);
    return targets;
  }

  target(deploymentId: string, targetId: string): Target | undefined {
    return targetOf(this.targets(deploymentId), targetId);
  }

  fleets(deploymentId: string): Fleets {
    const cached = this.#fleets.get(deploymentId);
    if (cached !== undefined) return cached;
    const rows = this.#db.all<{ which: string; fleet: string }>(
      "SELECT which, fleet FROM fleets WHERE deployment_id = ?",
      deploymentId,
    );
    const fleets: Fleets = Object.fromEntries(rows.map(({ which, fleet }) => [which, JSON.parse(fleet) as Fleet])); // written by `noteFleet`
    this.#keep(this.#fleets, deploymentId, fleets);
    return fleets;
  }

  /** Forgets the fleets of a deployment. */
  dropFleets(deploymentId: string): void {
    this.#fleets.delete(deploymentId);
  }

  /** Sets the targets of a deployment. */
  remember(deploymentId: string, targets: readonly Target[]): void {
    this.#keep(this.#targets, deploymentId, targets);
  }

  /** Forgets a deployment that is deleted. */
  forget(deploymentId: string): void {
    this.#targets.delete(deploymentId);
    this.#fleets.delete(deploymentId);
  }

  #forgetUncommitted(): void {
    for (const id of this.#uncommitted) {
      this.#targets.delete(id);
      this.#fleets.delete(id);
    }
  }

  #keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
    if (!this.#db.isWriting) this.#uncommitted.clear();
    else this.#uncommitted.add(id);
    map.delete(id);
    map.set(id, value);
    const [oldest] = map.keys();
    if (map.size > cachedMax && oldest !== undefined) map.delete(oldest);
  }
}
