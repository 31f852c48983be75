import type { Fleet, FleetLook, Target } from "@sluice/engine";
import type { Database } from "./database.ts";

/** What looks at fleets gave. */
export type Fleets = Readonly<Partial<Record<FleetLook, Fleet>>>;

/** Deployments whose targets are kept in memory: more than are usually under way at once. */
const keptMax = 256;

/** The targets and fleets of deployments, as documents are read once and then kept: a pass over a thousand hosts must not parse them all for the one that has answered. A commit gives what there is now; all is forgotten when something that was written is undone. */
export class ObservedDeployments {
  readonly #db: Database;
  readonly #targets = new Map<string, Kept>();
  readonly #fleets = new Map<string, Fleets>();
  /** Deployments of which something was kept while it could yet be undone. */
  readonly #unsure = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
    db.onUndone(() => this.#forgetUnsure());
  }

  targets(deploymentId: string): readonly Target[] {
    return this.#kept(deploymentId).all;
  }

  target(deploymentId: string, targetId: string): Target | undefined {
    return this.#kept(deploymentId).byId.get(targetId);
  }

  fleets(deploymentId: string): Fleets {
    const found = this.#fleets.get(deploymentId);
    if (found !== undefined) return found;
    const rows = this.#db.all<{ which: string; fleet: string }>(
      "SELECT which, fleet FROM fleets WHERE deployment_id = ?",
      deploymentId,
    );
    const fleets: Fleets = Object.fromEntries(rows.map(({ which, fleet }) => [which, JSON.parse(fleet) as Fleet])); // written by `noteFleet`
    this.#keep(this.#fleets, deploymentId, fleets);
    return fleets;
  }

  /** The fleets that were read are no longer so. */
  dropFleets(deploymentId: string): void {
    this.#fleets.delete(deploymentId);
  }

  /** These are the targets now. */
  remember(deploymentId: string, targets: readonly Target[]): void {
    this.#keep(this.#targets, deploymentId, keptOf(targets));
  }

  #kept(deploymentId: string): Kept {
    const found = this.#targets.get(deploymentId);
    if (found !== undefined) return found;
    const rows = this.#db.all<{ target: string }>(
      "SELECT target FROM targets WHERE deployment_id = ? ORDER BY position",
      deploymentId,
    );
    const kept = keptOf(rows.map(({ target }) => JSON.parse(target) as Target)); // written by `commit`
    this.#keep(this.#targets, deploymentId, kept);
    return kept;
  }

  #forgetUnsure(): void {
    for (const id of this.#unsure) {
      this.#targets.delete(id);
      this.#fleets.delete(id);
    }
  }

  #keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
    if (!this.#db.isWriting) this.#unsure.clear();
    else this.#unsure.add(id);
    map.delete(id);
    map.set(id, value);
    const [oldest] = map.keys();
    if (map.size > keptMax && oldest !== undefined) map.delete(oldest);
  }
}

interface Kept {
  readonly all: readonly Target[];
  readonly byId: ReadonlyMap<string, Target>;
}

const keptOf = (all: readonly Target[]): Kept => ({ all, byId: new Map(all.map((target) => [target.id, target])) });
