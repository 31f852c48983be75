import { checkVersion, type PostgresConnection, type Query, withoutPassword } from "./postgres-connection.ts";

/** The version of the tables below. */
const format = 1;

/** Any number: nodes that begin at once make the tables one after the other. */
const lockNumber = 7_587_423;

const tables = `CREATE SCHEMA IF NOT EXISTS sluice;
CREATE TABLE IF NOT EXISTS sluice.writer (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), format integer NOT NULL,
  term bigint NOT NULL, node text NOT NULL, address text NOT NULL, until timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS sluice.entries (
  sequence bigint PRIMARY KEY, term bigint NOT NULL, schema integer NOT NULL, digest bytea NOT NULL, changes bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE sluice.entries ALTER changes SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS sluice.bases (
  sequence bigint, part integer, parts integer NOT NULL, digest bytea NOT NULL, seal bytea NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (sequence, part)
);
ALTER TABLE sluice.bases ALTER bytes SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS sluice.nodes (
  node text PRIMARY KEY, address text NOT NULL, version text NOT NULL, role text NOT NULL, sequence bigint NOT NULL, since bigint NOT NULL, seen timestamptz NOT NULL
);`;

/** Makes the journal's tables when they are not there. Throws one clear sentence when the database cannot be used, or has those of another version. */
export async function prepareTables(connection: PostgresConnection, url: string): Promise<void> {
  const about = `Cannot use the database ${withoutPassword(url)}`;
  await checkVersion(connection.query, url);
  const { rows } = await connection.query("SELECT to_regclass('sluice.nodes') IS NOT NULL AS is_there");
  if (rows[0]?.["is_there"] !== true)
    await connection.transaction(makeTables).catch((cause: unknown) => {
      throw new Error(`${about}: its tables cannot be made there. The user needs the right to create a schema`, {
        cause,
      });
    });
  const found = Number((await connection.query("SELECT format FROM sluice.writer")).rows[0]?.["format"]);
  if (found !== format)
    throw new Error(
      `${about}: its tables are of version ${found}, and this program knows version ${format}. Use a ${found > format ? "later" : "suitable"} one`,
    );
}

async function makeTables(query: Query): Promise<void> {
  await query("SELECT pg_advisory_xact_lock($1)", [lockNumber]);
  for (const statement of tables.split(";\n")) await query(statement);
  await query("INSERT INTO sluice.writer VALUES (true, $1, 0, '', '', '-infinity') ON CONFLICT DO NOTHING", [format]);
}
