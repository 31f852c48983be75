import { auditTables } from "../audit/audit-log.ts";
import { keyTables } from "../identity/key-store.ts";
import type { Tables } from "../store/database.ts";
import { storeTables } from "../store/index.ts";

const ownTables: Tables = {
  schema: `CREATE TABLE IF NOT EXISTS house_secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS position (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1), sequence INTEGER NOT NULL, digest TEXT NOT NULL, schema INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS table_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;`,
};

/** The tables of a replica, by the name under which their version is kept: those of a data folder's three files, and its own. */
export const replicaTables: Readonly<Record<string, Tables>> = {
  nodes: ownTables,
  codedeploy: storeTables,
  identities: keyTables,
  audit: auditTables,
  // A patchset has what triggers have done, and in an order of its own: where one is applied, none may refuse. Who changes
  // the audit log past its program is found out by its chain of hashes, as ever.
  triggers: { schema: "DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_deleted;" },
};

/** Statements of one version are numbered; an upgrade counts for more than those. */
const upgradeWeight = 1_000;

/**
 * The version of a replica's tables that this program works with. It grows with each upgrade, and with each table or
 * index that is added without one.
 */
export const currentSchema: number = schemaOf(replicaTables);

/** The number of a version of tables. */
export function schemaOf(tables: Readonly<Record<string, Tables>>): number {
  return Object.values(tables)
    .map(({ schema, upgrades = [] }) => upgrades.length * upgradeWeight + (schema.match(/\bCREATE\b/g) ?? []).length)
    .reduce((sum, count) => sum + count, 0);
}
