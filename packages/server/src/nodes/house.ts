import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { openVaultOf, type Vault } from "../identity/vault.ts";
import { EntryChain, start } from "./entry-chain.ts";
import type { Base, Journal } from "./journal.ts";
import { Replica, Unfit } from "./replica.ts";

/** Secrets that all nodes of a house share, as files of their data folders: the administrator's key, the key of specifications, the certificate authority. */
const secretFiles = ["credentials", "signer.pem", "cloud/authority.pem", "cloud/authority.names.json"] as const;

/** The longest replica that a base may be unpacked to, in bytes. */
const replicaBytesMax = 2 ** 36;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export interface HouseOptions {
  readonly dataFolder: string;
  /** The file with the key that is the house's own, and not in the database. */
  readonly keyFile: string;
  readonly journal: Journal;
  /** Makes the secrets of a new house in the data folder. */
  readonly makeSecrets: () => Promise<void>;
}

/** What the nodes of one journal share, as one of them has it in its data folder. */
export class House {
  readonly #options: HouseOptions;
  readonly #file: string;
  readonly vault: Vault;
  readonly chain: EntryChain;

  /** Throws one clear sentence when the key is missing, while the house has one already. */
  private constructor(options: HouseOptions) {
    this.#options = options;
    this.#file = join(options.dataFolder, "replica.sqlite");
    this.vault = openVaultOf(options.keyFile);
    this.chain = new EntryChain(this.vault.derivedKey("journal"));
  }

  /** Opens the house of a journal; the first node makes it, with its key. */
  static async open(options: HouseOptions): Promise<House> {
    const { journal, keyFile } = options;
    const { base, entryBytes, baseBytes } = await journal.growth();
    const isThere = base > 0 || entryBytes > 0 || baseBytes > 0;
    if (isThere && !existsSync(keyFile))
      throw new Error(
        `Cannot follow: the key file "${keyFile}" is not there. Copy it from another node, to this place or to the one that --key names`,
      );
    return new House(options);
  }

  /** The key that nodes prove themselves to each other with. */
  get peerKey(): Buffer {
    return this.vault.derivedKey("peers");
  }

  /** Opens the replica that is here; else begins one from the newest base, and makes that of a new house. */
  async openReplica(): Promise<Replica> {
    if (existsSync(this.#file)) {
      const found = this.#openFile();
      if (found !== undefined) return found;
      this.#remove();
    }
    for (;;) {
      const base = await this.#options.journal.newestBase();
      if (base !== undefined) return this.#begin(base);
      await this.#make();
    }
  }

  /** Throws a replica away. */
  discardReplica(replica: Replica): void {
    replica.close();
    this.#remove();
  }

  /**
   * Puts the secrets of the house into the data folder, where they are not there. Throws one clear sentence when they
   * were sealed with another key, or when the data folder has those of another house.
   */
  unsealSecrets({ file }: Replica): void {
    const { dataFolder, keyFile } = this.#options;
    for (const row of file.prepare("SELECT name, sealed FROM house_secrets").all()) {
      const name = String(row["name"]);
      if (!secretFiles.some((known) => known === name)) continue;
      const text = this.#unseal(row["sealed"], name, keyFile);
      const path = join(dataFolder, name);
      if (!existsSync(path)) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
        renameSync(`${path}.new`, path);
      } else if (!name.startsWith("cloud/") && readFileSync(path, "utf8") !== text)
        throw new Error(
          `Cannot use the data folder "${dataFolder}": its file "${name}" is that of another house. Choose another folder with --data; a folder is moved into a database with: sluice move --to URL`,
        );
    }
  }

  /** Seals the secrets that the data folder has into a replica. */
  sealSecrets(db: DatabaseSync): void {
    const seal = db.prepare("INSERT OR REPLACE INTO house_secrets VALUES (?, ?)");
    for (const name of secretFiles) {
      const path = join(this.#options.dataFolder, name);
      if (existsSync(path)) seal.run(name, this.vault.seal(readFileSync(path, "utf8"), name));
    }
  }

  /** A base of the replica as it is now, read beside whatever else happens to it. */
  async baseNow(): Promise<Base> {
    const copy = `${this.#file}.base`;
    rmSync(copy, { force: true });
    try {
      await copyReplica(this.#file, copy);
      const db = new DatabaseSync(copy, { readOnly: true });
      const { position } = new Replica(db, this.chain);
      db.close();
      return this.chain.base(position, await compress(await readFile(copy)));
    } finally {
      rmSync(copy, { force: true });
    }
  }

  /** The base that a file, of whose tables `Replica.make` has made those that were missing, is. */
  async baseOf(db: DatabaseSync, at: Pick<Base, "sequence" | "digest">): Promise<Base> {
    return this.chain.base(at, await compress(db.serialize()));
  }

  #unseal(sealed: unknown, name: string, keyFile: string): string {
    if (!(sealed instanceof Uint8Array)) throw new Error(`The house's secret "${name}" is no sealed text`);
    try {
      return this.vault.open(sealed, name);
    } catch (cause) {
      throw new Error(otherKey(keyFile), { cause });
    }
  }

  async #make(): Promise<void> {
    const { journal, makeSecrets } = this.#options;
    await makeSecrets();
    const db = new DatabaseSync(":memory:");
    Replica.make(db, this.chain);
    this.sealSecrets(db);
    await journal.addBase(await this.baseOf(db, start)); // when another node has been faster, that one's counts
    db.close();
  }

  async #begin(base: Base): Promise<Replica> {
    if (!this.chain.isOurs(base)) throw new Error(otherKey(this.#options.keyFile));
    const bytes = await decompress(base.bytes, { maxOutputLength: replicaBytesMax });
    writeFileSync(`${this.#file}.new`, bytes, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    const replica = this.#openFile();
    if (replica === undefined) throw new Unfit("The newest base is no replica");
    return replica;
  }

  /** Opens the file; undefined when it is no replica, as after a copy that was torn. */
  #openFile(): Replica | undefined {
    const db = new DatabaseSync(this.#file, { timeout: 5_000 });
    try {
      // What is lost with the machine comes again from the journal; the file itself stays whole.
      db.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -16384",
      );
      return new Replica(db, this.chain);
    } catch (cause) {
      db.close();
      if (cause instanceof Unfit || isTorn(cause)) return undefined;
      throw new Error(`Cannot open the replica "${this.#file}"`, { cause });
    }
  }

  #remove(): void {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${this.#file}${end}`, { force: true });
  }
}

/** A text and no file of its own, so that it runs the same from one packed file. */
const copying = `const { from, to } = require("node:worker_threads").workerData;
const db = new (require("node:sqlite").DatabaseSync)(from, { timeout: 5000 });
db.prepare("VACUUM INTO ?").run(to);
db.close();`;

/** Copies a replica to a new file, in a thread of its own: that takes a second for some hundred megabytes. */
function copyReplica(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(copying, { eval: true, workerData: { from, to } });
    worker.once("error", reject);
    worker.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`The copy of ${from} ended with ${code}`)),
    );
  });
}

const isTorn = (cause: unknown) => cause instanceof Error && /malformed|not a database|corrupt/i.test(cause.message);

const otherKey = (keyFile: string) =>
  `Cannot follow: the house's secrets were sealed with another key than that of "${keyFile}". Copy the key file of a node that runs`;
