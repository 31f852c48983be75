import type { Fleet, FleetLook, Target } from "@sluice/engine";
import type { Database } from "./database.ts";

/** What looks at fleets gave. */
export type Fleets = Readonly<Partial<Record<FleetLook, Fleet>>>;

/** Deployments whose targets are kept in memory: more than are usually under way at once. */
const keptMax = 256;

/** The targets and fleets of deployments, as documents are read once and then kept: a pass over a thousand hosts must not parse them all for the one that has answered. A change drops what is kept; who made it may give what there is now, once it is on the disk. */
export class ObservedDeployments {
  readonly #db: Database;
  readonly #targets = new Map<string, Kept>();
  readonly #fleets = new Map<string, Fleets>();

  constructor(db: Database) {
    this.#db = db;
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
    const row = this.#db.get<{ fleet: string | null }>("SELECT fleet FROM deployments WHERE id = ?", deploymentId);
    const fleets = row?.fleet == null ? {} : (JSON.parse(row.fleet) as Fleets); // written by `noteFleet`
    this.#keep(this.#fleets, deploymentId, fleets);
    return fleets;
  }

  /** What was read is no longer so. */
  drop(deploymentId: string): void {
    this.#targets.delete(deploymentId);
    this.#fleets.delete(deploymentId);
  }

  /** These are the targets now, on the disk too. */
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

  #keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
    if (this.#db.isWriting) return; // it may yet be undone
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
