import {
  type Base,
  type Entry,
  type Journal,
  type Lease,
  type NodeAddress,
  type NodeReport,
  type Position,
  type SeenNode,
  Superseded,
} from "../journal.ts";
import { codeOf, PostgresConnection, type Row } from "./postgres-connection.ts";
import { prepareTables } from "./postgres-tables.ts";

/** How many entries, and about how many bytes of them, are read at a time. */
const entriesAtOnce = 500;
const bytesAtOnce = 16 * 1024 * 1024;

/** How long the parts of a base are, in bytes. */
const partBytes = 4 * 1024 * 1024;

/** A base of more parts than this is not ours. */
const partsMax = 16_384;

/** After how many hours a node that is silent is forgotten. */
const silentHours = 24;

const hex = (digest: string) => Buffer.from(digest, "hex");

/**
 * The journal in PostgreSQL, in a schema `sluice` of its own. Its safety is a primary key: of two nodes that both
 * believe that they write, one can insert the next entry. The lease is only for liveness, by PostgreSQL's own clock.
 */
export class PostgresJournal implements Journal {
  /** Entries have a connection to themselves: nothing is to delay them. */
  readonly #entries: PostgresConnection;
  readonly #leases: PostgresConnection;
  readonly #reads: PostgresConnection;

  private constructor(url: string) {
    this.#entries = new PostgresConnection(url);
    this.#leases = new PostgresConnection(url);
    this.#reads = new PostgresConnection(url);
  }

  /** Makes the tables when they are not there. Throws one clear sentence when the database cannot be used. */
  static async open(url: string): Promise<PostgresJournal> {
    const journal = new PostgresJournal(url);
    try {
      await prepareTables(journal.#reads, url);
      return journal;
    } catch (cause) {
      await journal.close();
      throw cause;
    }
  }

  async append({ sequence, term, schema, digest, changes }: Entry, after: Position): Promise<void> {
    const values = [sequence, term, schema, hex(digest), changes, after.sequence, hex(after.digest)];
    const inserted = await this.#entries.query(appending, values).catch((cause: unknown) => {
      if (codeOf(cause) === uniqueViolation) return { count: 0 };
      throw cause;
    });
    if (inserted.count === 1) return;
    const { rows } = await this.#entries.query("SELECT 1 FROM sluice.entries WHERE sequence = $1 AND digest = $2", [
      sequence,
      hex(digest),
    ]);
    if (rows.length === 0)
      throw new Superseded(`Entry ${sequence} does not follow the last one: another node has written`);
  }

  async after({ sequence, digest }: Position): Promise<readonly Entry[] | undefined> {
    const { rows } = await this.#reads.query(reading, [sequence, entriesAtOnce, bytesAtOnce]);
    const [first] = rows;
    const isEntry = first !== undefined && Number(first["sequence"]) === sequence;
    if (isEntry ? text(first, "digest") !== digest : !(await this.#hasBase({ sequence, digest }))) return undefined;
    const entries = rows.slice(isEntry ? 1 : 0).map(entryOf);
    return entries[0] === undefined || entries[0].sequence === sequence + 1 ? entries : undefined;
  }

  async newestBase(): Promise<Base | undefined> {
    for (;;) {
      const { rows } = await this.#reads.query(
        "SELECT sequence, parts, digest, seal FROM sluice.bases WHERE part = 0 ORDER BY sequence DESC LIMIT 1",
      );
      const [head] = rows;
      if (head === undefined) return undefined;
      const bytes = await this.#partsOf(head);
      if (bytes !== undefined)
        return { sequence: Number(head["sequence"]), digest: text(head, "digest"), seal: text(head, "seal"), bytes };
    }
  }

  async growth() {
    const { rows } = await this.#reads.query(`SELECT base.sequence AS base,
  (SELECT sum(length(bytes)) FROM sluice.bases WHERE sequence = base.sequence) AS base_bytes,
  (SELECT coalesce(sum(length(changes)), 0) FROM sluice.entries WHERE sequence > base.sequence) AS entry_bytes
FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM sluice.bases) AS base`);
    const [row = {}] = rows;
    return { base: Number(row["base"]), baseBytes: Number(row["base_bytes"]), entryBytes: Number(row["entry_bytes"]) };
  }

  async addBase({ sequence, digest, seal, bytes }: Base): Promise<boolean> {
    const parts = Math.max(1, Math.ceil(bytes.length / partBytes));
    try {
      return await this.#reads.transaction(async (query) => {
        const { rows } = await query("SELECT 1 FROM sluice.bases WHERE sequence >= $1 LIMIT 1", [sequence]);
        if (rows.length > 0) return false;
        for (let part = 0; part < parts; part += 1)
          await query("INSERT INTO sluice.bases VALUES ($1, $2, $3, $4, $5, $6)", [
            sequence,
            part,
            parts,
            hex(digest),
            hex(seal),
            bytes.subarray(part * partBytes, (part + 1) * partBytes),
          ]);
        await query("DELETE FROM sluice.bases WHERE sequence < $1", [sequence]);
        return true;
      });
    } catch (cause) {
      if (codeOf(cause) === uniqueViolation) return false;
      throw cause;
    }
  }

  async trim(milliseconds: number): Promise<void> {
    await this.#reads.query(
      `DELETE FROM sluice.entries WHERE sequence <= (SELECT max(sequence) FROM sluice.bases)
AND sequence < (SELECT max(sequence) FROM sluice.entries) AND at < clock_timestamp() - $1 * interval '1 ms'`,
      [milliseconds],
    );
  }

  async takeLease({ node, address }: NodeAddress, milliseconds: number): Promise<number | undefined> {
    const { rows } = await this.#leases.query(
      `UPDATE sluice.writer SET term = term + 1, node = $1, address = $2, until = clock_timestamp() + $3 * interval '1 ms'
WHERE until < clock_timestamp() RETURNING term`,
      [node, address, milliseconds],
    );
    return rows[0] === undefined ? undefined : Number(rows[0]["term"]);
  }

  async renewLease(term: number, milliseconds: number): Promise<boolean> {
    const { count } = await this.#leases.query(
      "UPDATE sluice.writer SET until = clock_timestamp() + $2 * interval '1 ms' WHERE term = $1",
      [term, milliseconds],
    );
    return count === 1;
  }

  async leaveLease(term: number): Promise<void> {
    await this.#leases.query("UPDATE sluice.writer SET until = '-infinity' WHERE term = $1", [term]);
  }

  async lease(): Promise<Lease | undefined> {
    const { rows } = await this.#leases.query(
      "SELECT term, node, address, until < clock_timestamp() AS is_over FROM sluice.writer WHERE term > 0",
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { node, address } = row;
    return { term: Number(row["term"]), node: String(node), address: String(address), isOver: row["is_over"] === true };
  }

  async report({ node, address, version, role, sequence, since }: NodeReport): Promise<void> {
    await this.#reads.query(
      `WITH gone AS (DELETE FROM sluice.nodes WHERE node <> $1 AND seen < clock_timestamp() - interval '${silentHours} hours')
INSERT INTO sluice.nodes VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
ON CONFLICT (node) DO UPDATE SET address = $2, version = $3, role = $4, sequence = $5, since = $6, seen = clock_timestamp()`,
      [node, address, version, role, sequence, Math.round(since)],
    );
  }

  async nodes(): Promise<readonly SeenNode[]> {
    const { rows } = await this.#reads.query(
      "SELECT *, extract(epoch FROM clock_timestamp() - seen) * 1000 AS age FROM sluice.nodes ORDER BY node",
    );
    return rows.map((row) => ({
      node: String(row["node"]),
      address: String(row["address"]),
      version: String(row["version"]),
      role: String(row["role"]) as NodeReport["role"], // written by `report`
      sequence: Number(row["sequence"]),
      since: Number(row["since"]),
      age: Math.max(0, Number(row["age"])),
    }));
  }

  async time(): Promise<number> {
    const { rows } = await this.#leases.query("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
    return Number(rows[0]?.["now"]);
  }

  /** The number of the last entry. */
  async newest(): Promise<number> {
    const { rows } = await this.#reads.query("SELECT coalesce(max(sequence), 0) AS newest FROM sluice.entries");
    return Number(rows[0]?.["newest"]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#entries.close(), this.#leases.close(), this.#reads.close()]);
  }

  async #hasBase({ sequence, digest }: Position): Promise<boolean> {
    const { rows } = await this.#reads.query(
      "SELECT 1 FROM sluice.bases WHERE part = 0 AND sequence = $1 AND digest = $2",
      [sequence, hex(digest)],
    );
    return rows.length > 0;
  }

  /** Returns the bytes of a base; undefined when a newer one has taken its place meanwhile. */
  async #partsOf(head: Row): Promise<Buffer | undefined> {
    const parts = Number(head["parts"]);
    if (!(parts >= 1 && parts <= partsMax))
      throw new Error(`The newest base has ${parts} parts, and at most ${partsMax} are expected`);
    const all: Buffer[] = [];
    for (let part = 0; part < parts; part += 1) {
      const sql = "SELECT bytes FROM sluice.bases WHERE sequence = $1 AND part = $2";
      const { rows } = await this.#reads.query(sql, [head["sequence"], part]);
      const bytes = rows[0]?.["bytes"];
      if (!Buffer.isBuffer(bytes)) return undefined;
      all.push(bytes);
    }
    return Buffer.concat(all);
  }
}

const uniqueViolation = "23505";

const appending = `INSERT INTO sluice.entries (sequence, term, schema, digest, changes) SELECT $1::bigint, $2::bigint, $3::integer, $4::bytea, $5::bytea
WHERE EXISTS (SELECT 1 FROM sluice.entries WHERE sequence = $6 AND digest = $7)
OR EXISTS (SELECT 1 FROM sluice.bases WHERE part = 0 AND sequence = $6 AND digest = $7)`;

// The sum of bytes before an entry, so that the first one always comes.
const reading = `SELECT sequence, term, schema, digest, changes FROM (
  SELECT *, sum(length(changes)) OVER (ORDER BY sequence) - length(changes) AS before
  FROM (SELECT * FROM sluice.entries WHERE sequence >= $1 ORDER BY sequence LIMIT $2 + 1) AS next
) AS summed WHERE before <= $3 OR sequence = $1 + 1 ORDER BY sequence`;

const text = (row: Row, column: string): string => {
  const value = row[column];
  return Buffer.isBuffer(value) ? value.toString("hex") : "";
};

function entryOf(row: Row): Entry {
  const { changes } = row;
  if (!Buffer.isBuffer(changes)) throw new Error(`Entry ${String(row["sequence"])} of the journal has no changes`);
  return {
    sequence: Number(row["sequence"]),
    term: Number(row["term"]),
    schema: Number(row["schema"]),
    digest: text(row, "digest"),
    changes,
  };
}
