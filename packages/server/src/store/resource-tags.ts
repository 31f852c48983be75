import type { Tag } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";

/** What can be tagged: each kind is a table with a column of tags, so that tags go and are renamed with their resource. */
const tables = {
  application: { table: "applications", key: "id" },
  deploymentgroup: { table: "deployment_groups", key: "id" },
  deploymentconfig: { table: "deployment_configs", key: "name" },
} as const;

/** A kind of resource as ARNs name it. */
export type TaggedKind = keyof typeof tables;

/** Tags of applications and deployment groups, by id, and of custom configurations, by name. */
export function resourceTags(db: Database) {
  return {
    of(kind: TaggedKind, id: string): readonly Tag[] {
      const { table, key } = tables[kind];
      const row = db.get<{ tags: string }>(`SELECT tags FROM ${table} WHERE ${key} = ?`, id);
      return row === undefined ? [] : (JSON.parse(row.tags) as Tag[]); // written by `add` of its noun, and `set`
    },
    set(kind: TaggedKind, id: string, tags: readonly Tag[]): void {
      const { table, key } = tables[kind];
      db.run(`UPDATE ${table} SET tags = ? WHERE ${key} = ?`, JSON.stringify(tags), id);
    },
  };
}
