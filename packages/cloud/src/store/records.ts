import type { CloudDatabase } from "./database.ts";

/** Things of one kind, kept whole under their ids, in the order in which they came. */
export class Records<Thing> {
  readonly #db: CloudDatabase;
  readonly #kind: string;

  /** `kind` names the drawer: two services must not share one. */
  constructor(db: CloudDatabase, kind: string) {
    this.#db = db;
    this.#kind = kind;
  }

  all(): readonly Thing[] {
    return this.#db
      .all<{ record: string }>("SELECT record FROM records WHERE kind = ? ORDER BY sequence", this.#kind)
      .map(({ record }) => JSON.parse(record) as Thing); // written by `put`
  }

  /** All of them, with their ids. */
  entries(): readonly { readonly id: string; readonly record: Thing }[] {
    return this.#db
      .all<{ id: string; record: string }>(
        "SELECT id, record FROM records WHERE kind = ? ORDER BY sequence",
        this.#kind,
      )
      .map(({ id, record }) => ({ id, record: JSON.parse(record) as Thing })); // written by `put`
  }

  find(id: string): Thing | undefined {
    const row = this.#db.get<{ record: string }>(
      "SELECT record FROM records WHERE kind = ? AND id = ?",
      this.#kind,
      id,
    );
    return row && (JSON.parse(row.record) as Thing); // written by `put`
  }

  /** The things whose member `name` is this one, found without reading the others. */
  named(name: string): readonly Thing[] {
    return this.#db
      .all<{ record: string }>(
        "SELECT record FROM records WHERE kind = ? AND record ->> '$.name' = ? ORDER BY sequence",
        this.#kind,
        name,
      )
      .map(({ record }) => JSON.parse(record) as Thing); // written by `put`
  }

  put(id: string, thing: Thing): void {
    this.#db.run(
      "INSERT INTO records (kind, id, record) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET record = ?3",
      this.#kind,
      id,
      JSON.stringify(thing),
    );
  }

  /** False when there was no such thing. */
  delete(id: string): boolean {
    return this.#db.run("DELETE FROM records WHERE kind = ? AND id = ?", this.#kind, id) > 0;
  }
}
