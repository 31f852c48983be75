import { Records } from "../../store/records.ts";
import type { CloudDatabase } from "../../store/database.ts";

/** Things of one kind: in memory for those who ask, on the disk for the next start. */
export class Kept<Thing> {
  readonly #drawer: Records<Thing>;
  readonly #idOf: (thing: Thing) => string;
  readonly #things: Map<string, Thing>;

  /** `kind` names the drawer: two services must not share one. */
  constructor(db: CloudDatabase, kind: string, idOf: (thing: Thing) => string) {
    this.#drawer = new Records(db, kind);
    this.#idOf = idOf;
    this.#things = new Map(this.#drawer.all().map((thing) => [idOf(thing), thing]));
  }

  all(): readonly Thing[] {
    return [...this.#things.values()];
  }

  find(id: string): Thing | undefined {
    return this.#things.get(id);
  }

  put(thing: Thing): void {
    this.#drawer.put(this.#idOf(thing), thing);
    this.#things.set(this.#idOf(thing), thing);
  }

  /** Changes what is said of a thing, and not what is on the disk: for what the next start finds out anew. */
  note(thing: Thing): void {
    this.#things.set(this.#idOf(thing), thing);
  }

  delete(id: string): void {
    this.#drawer.delete(id);
    this.#things.delete(id);
  }
}
