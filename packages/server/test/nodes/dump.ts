import type { DatabaseSync } from "node:sqlite";

/** All rows of all tables, but for where numbers are given out: those may lag behind where rows have come and gone. */
export function dumpOf(db: DatabaseSync): string {
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all();
  return tables
    .map((row) => {
      const rows = db.prepare(`SELECT * FROM ${String(row["name"])}`).all();
      return [String(row["name"]), ...rows.map((each) => JSON.stringify(each)).toSorted()].join("\n");
    })
    .join("\n");
}
