import { DatabaseSync } from "node:sqlite";
import type { EntryChain } from "../../../src/nodes/entry-chain.ts";
import { start } from "../../../src/nodes/entry-chain.ts";
import type { Entry, Journal } from "../../../src/nodes/journal.ts";
import { Node } from "../../../src/nodes/node.ts";
import { Replica, Unfit } from "../../../src/nodes/replica.ts";
import { schemaOf } from "../../../src/nodes/tables.ts";
import type { Term } from "../../../src/nodes/term.ts";
import type { Timing } from "../../../src/nodes/timing.ts";
import { KeptFirst } from "../../../src/nodes/writing.ts";
import type { Database, Tables } from "../../../src/store/database.ts";
import { deliver, type Machine } from "./faulty-journal.ts";
import type { VirtualTime } from "./virtual-time.ts";

const own = `CREATE TABLE IF NOT EXISTS house_secrets (name TEXT PRIMARY KEY, sealed BLOB);
CREATE TABLE IF NOT EXISTS position (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), sequence INTEGER NOT NULL, digest TEXT NOT NULL, schema INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS table_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL)`;

/** The tables of a program's version: of the second one, commands have a note. */
export const tablesOf = (version: 1 | 2): Readonly<Record<string, Tables>> => ({
  nodes: { schema: own },
  commands: {
    schema: `CREATE TABLE IF NOT EXISTS commands (id INTEGER PRIMARY KEY, run TEXT NOT NULL${version === 2 ? ", note TEXT" : ""})`,
    upgrades: version === 2 ? ["ALTER TABLE commands ADD COLUMN note TEXT"] : [],
  },
});

/** What a writer tells a caller. */
export interface Told {
  readonly run: string;
  readonly count: number;
}

/** What lasts of a node: its disk. */
export interface Disk {
  file: DatabaseSync | undefined;
}

/** One life of a node, from its start to its end. */
export class SimulatedNode {
  readonly node: Node;
  readonly machine: Machine;
  readonly #disk: Disk;
  #writing: { readonly database: Database; readonly keptFirst: KeptFirst; readonly term: Term } | undefined;
  #replica: Replica | undefined;
  readonly troubles: string[] = [];

  constructor({
    time,
    machine,
    disk,
    chain,
    journal,
    name,
    version,
    onKept,
  }: {
    time: VirtualTime;
    machine: Machine;
    disk: Disk;
    chain: EntryChain;
    journal: Journal;
    name: string;
    version: 1 | 2;
    onKept: (entry: Entry) => void;
  }) {
    this.machine = machine;
    this.#disk = disk;
    const tables = tablesOf(version);
    const sleep = (milliseconds: number) =>
      new Promise<void>((resolve) => time.after(milliseconds, () => deliver(time, machine, resolve)));
    const timing: Timing = { now: () => time.now, sleep, patience: sleep };
    this.node = new Node({
      journal,
      chain,
      timing,
      me: { node: name, address: `http://${name}` },
      schema: schemaOf(tables),
      openReplica: async () => (this.#replica = await openReplica(disk, { chain, journal, tables })),
      discardReplica: () => (disk.file = undefined),
      openTerm: async (term, database) => {
        this.#writing = { term, database, keptFirst: new KeptFirst(term, database, timing) };
        return { stop: async () => void (this.#writing = undefined) };
      },
      onLease: () => undefined,
      onRole: () => undefined,
      onKept,
      onTrouble: (cause, doing) => this.troubles.push(`${doing}: ${String(cause)}`),
    });
    this.node.start();
  }

  /** Whether it has not found out that another node writes. */
  get believesToWrite(): boolean {
    return this.#writing !== undefined && !this.#writing.term.isOver;
  }

  /** Acknowledges a command to a run of it, when this node believes that it writes. Resolves with what the caller is told; undefined: nothing. */
  async acknowledge(id: number, run: string): Promise<Told | undefined> {
    const writing = this.#writing;
    if (writing === undefined || writing.term.isOver) return undefined;
    const { database, keptFirst } = writing;
    try {
      const told = await database.write(() => {
        const before = database.get<{ run: string }>("SELECT run FROM commands WHERE id = ?", id);
        if (before === undefined) database.run("INSERT INTO commands (id, run) VALUES (?, ?)", id, run);
        return { run: before?.run ?? run, count: countOf(database) };
      });
      await keptFirst.beforeAnswers();
      return told;
    } catch {
      return undefined; // an answer with status 503
    }
  }

  /** Counts the commands that are acknowledged, as a question does that changes nothing. */
  async count(): Promise<number | undefined> {
    const writing = this.#writing;
    if (writing === undefined || writing.term.isOver) return undefined;
    const count = countOf(writing.database);
    try {
      await writing.keptFirst.beforeAnswers();
      return count;
    } catch {
      return undefined;
    }
  }

  /** The rows as they are, with the digest of the position; undefined while a transaction is open. */
  dump(): { readonly digest: string; readonly rows: string } | undefined {
    const replica = this.#replica;
    if (replica === undefined || !this.machine.isAlive || !replica.file.isOpen || replica.file.isTransaction)
      return undefined;
    const rows = replica.file.prepare("SELECT id, run FROM commands ORDER BY id").all();
    return { digest: replica.position.digest, rows: JSON.stringify(rows) };
  }

  get position(): number {
    return this.#replica?.position.sequence ?? -1;
  }

  /** Ends the process as a power cut does: what was not committed is gone. */
  kill(): void {
    this.machine.isAlive = false;
    this.#writing?.database.end();
    this.#writing?.term.end();
    this.#writing = undefined;
    const { file } = this.#disk;
    if (file?.isTransaction === true) file.exec("ROLLBACK");
  }

  /** A base of what is here, when nothing is on its way. */
  base(chain: EntryChain) {
    const replica = this.#replica;
    if (replica === undefined || !replica.file.isOpen || replica.file.isTransaction) return undefined;
    return chain.base(replica.position, replica.file.serialize());
  }
}

const countOf = (database: Database) =>
  database.get<{ count: number }>("SELECT count(*) AS count FROM commands")?.count ?? 0;

async function openReplica(
  disk: Disk,
  { chain, journal, tables }: { chain: EntryChain; journal: Journal; tables: Readonly<Record<string, Tables>> },
): Promise<Replica> {
  if (disk.file?.isOpen === true) return new Replica(disk.file, chain, tables);
  for (;;) {
    const base = await journal.newestBase();
    if (base !== undefined) {
      if (!chain.isOurs(base)) throw new Unfit("not ours");
      const file = new DatabaseSync(":memory:");
      file.deserialize(base.bytes);
      disk.file = file;
      return new Replica(file, chain, tables);
    }
    const made = new DatabaseSync(":memory:");
    Replica.make(made, chain, tables);
    await journal.addBase(chain.base(start, made.serialize()));
    made.close();
  }
}
