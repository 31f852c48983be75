import type { Database } from "../store/database.ts";
import { type EntryChain } from "./entry-chain.ts";
import { type Entry, type Journal, type Lease, type NodeAddress, Superseded } from "./journal.ts";
import { type Replica, Unfit, UnknownSchema } from "./replica.ts";
import { leaseMilliseconds, Term } from "./term.ts";
import { Signal, type Timing } from "./timing.ts";

/** How often a node that does not write looks for a lease that is over, in milliseconds. */
const tryEveryMilliseconds = 500;

/** How often a node reads the journal that nobody tells of new entries, in milliseconds. */
const readEveryMilliseconds = 1_000;

/** How long a node waits before it begins anew after trouble, in milliseconds. */
const pauseMilliseconds = 500;

const never = new Promise<never>(() => undefined);

/** What is opened when a node begins to write. */
export interface Writing {
  /** Stops what acts by itself, and lets what is under way end. */
  stop(): Promise<void>;
}

/** What a node does now. */
export type Role =
  | { readonly kind: "begins" }
  | { readonly kind: "follows"; readonly replica: Replica; readonly lease: Lease | undefined }
  | { readonly kind: "passes on"; readonly replica: Replica; readonly lease: Lease | undefined }
  | { readonly kind: "takes up"; readonly replica: Replica }
  | { readonly kind: "writes"; readonly replica: Replica; readonly term: Term; readonly database: Database };

/** What a node is made of. */
export interface NodeParts {
  readonly journal: Journal;
  readonly chain: EntryChain;
  readonly timing: Timing;
  readonly me: NodeAddress;
  /** Opens the replica that is here, or begins one from the newest base, or the first of a new house. */
  readonly openReplica: () => Promise<Replica>;
  /** Closes a replica and throws it away. */
  readonly discardReplica: (replica: Replica) => void;
  /** The version of the tables that this program works with. */
  readonly schema: number;
  /** Makes all that acts on a database anew: what a restart does. */
  readonly openTerm: (term: Term, database: Database) => Promise<Writing>;
  /** Told again and again, while this node does not write, who does. */
  readonly onLease: (lease: Lease | undefined) => void;
  /** Told of each new role. */
  readonly onRole: (role: Role) => void;
  /** Told of each entry that this node, as the writer, has kept. */
  readonly onKept: (entry: Entry) => void;
  readonly onTrouble: (cause: unknown, doing: string) => void;
}

/**
 * A node: it follows the journal until it may write, and writes until it may not. To take over is to start the server
 * on a replica that is there already; what answers is made anew with each term, so nothing in it has to be forgotten.
 */
export class Node {
  readonly #parts: NodeParts;
  readonly #wake = new Signal();
  #role: Role = { kind: "begins" };
  #isClosed = false;
  #mayWrite = true;
  #running: Promise<void> | undefined;
  /** Whether somebody tells of new entries, so that the journal need not be read all the time. */
  isTold = false;
  readonly #moved = new Signal();
  readonly #roleChanged = new Signal();
  /** Resolves when this node is to let another one write. */
  #leaving = Promise.withResolvers<void>();

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  get role(): Role {
    return this.#role;
  }

  /** Begins. The node goes on until it is closed; troubles are told, and tried again. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at once for a lease that is over, and at the journal. */
  wake(): void {
    this.#wake.give();
  }

  /** Takes an entry that another node has told of; what does not follow is read from the journal. */
  hear(entry: Entry): void {
    if (this.#role.kind !== "follows") return;
    const { replica } = this.#role;
    if (entry.sequence <= replica.position.sequence) return;
    if (entry.sequence > replica.position.sequence + 1 || entry.schema !== replica.schema) return this.wake();
    try {
      replica.apply(entry);
      this.#moved.give();
    } catch (cause) {
      this.#parts.onTrouble(cause, "apply an entry that another node has sent");
      this.isTold = false; // the journal is the truth
      this.wake();
    }
  }

  /** Resolves when the replica has come to an entry, and false when `milliseconds` are over before. */
  async reached(sequence: number, milliseconds: number): Promise<boolean> {
    const { timing } = this.#parts;
    const until = timing.now() + milliseconds;
    for (;;) {
      if ("replica" in this.#role && this.#role.replica.position.sequence >= sequence) return true;
      const left = until - timing.now();
      if (left <= 0) return false;
      await this.#moved.or(timing.patience(left));
    }
  }

  /** Ends the term, if there is one, with all that is under way kept, and takes no other. Another node can write at once. */
  async handOver(): Promise<void> {
    this.#mayWrite = false;
    while (this.#role.kind === "writes" || this.#role.kind === "takes up") {
      const { count } = this.#roleChanged;
      this.#leaving.resolve();
      await this.#roleChanged.or(never, count);
    }
  }

  /** Hands over, and ends. */
  async close(): Promise<void> {
    await this.handOver();
    this.#isClosed = true;
    this.wake();
    await this.#running;
  }

  #set(role: Role): void {
    this.#role = role;
    this.#parts.onRole(role);
    this.#roleChanged.give();
  }

  async #run(): Promise<void> {
    const { timing, openReplica, discardReplica, onTrouble } = this.#parts;
    let replica: Replica | undefined;
    while (!this.#isClosed) {
      try {
        replica ??= await openReplica();
        await this.#live(replica);
      } catch (cause) {
        this.#set({ kind: "begins" });
        if (replica !== undefined && cause instanceof Unfit) {
          discardReplica(replica);
          replica = undefined;
        }
        onTrouble(cause, cause instanceof Unfit ? "follow with its replica, and begins from the base" : "go on");
        await this.#wake.or(timing.sleep(pauseMilliseconds));
      }
    }
    replica?.close();
  }

  /** Follows and writes in turn until the node is closed. */
  async #live(replica: Replica): Promise<void> {
    const { journal, timing, onTrouble } = this.#parts;
    while (!this.#isClosed) {
      const taken = await this.#follow(replica);
      if (taken === undefined) return;
      const term = new Term(taken.number, taken.askedAt, { ...this.#parts, replica, onTrouble });
      void term.renew(); // until the term is over
      try {
        await this.#takeUp(replica, term);
      } catch (cause) {
        if (!(cause instanceof Superseded)) throw cause;
        onTrouble(cause, "write any longer, and follows");
      } finally {
        term.end();
        const left = journal.leaveLease(term.number).catch((cause: unknown) => onTrouble(cause, "let its lease go"));
        // A journal that does not answer must not keep this node from asking the next writer.
        await Promise.race([left, timing.sleep(pauseMilliseconds)]);
        this.#leaving = Promise.withResolvers();
        this.#showFollowing(replica, undefined, true);
      }
      // Who has just lost its place lets others try first.
      await this.#wake.or(timing.sleep(tryEveryMilliseconds));
    }
  }

  /** Follows until this node has the lease, or is closed. */
  async #follow(replica: Replica): Promise<{ readonly number: number; readonly askedAt: number } | undefined> {
    const { journal, timing, me, onTrouble } = this.#parts;
    replica.forReading();
    let readAt = Number.NEGATIVE_INFINITY;
    let lease: Lease | undefined;
    let isKnown = await this.#catchUp(replica);
    this.#showFollowing(replica, lease, isKnown);
    while (!this.#isClosed) {
      const { count } = this.#wake;
      try {
        if (!this.isTold || timing.now() - readAt >= readEveryMilliseconds) {
          isKnown = await this.#catchUp(replica);
          readAt = timing.now();
        }
        const askedAt = timing.now();
        const number =
          isKnown && this.#mayWrite && replica.schema <= this.#parts.schema
            ? await journal.takeLease(me, leaseMilliseconds)
            : undefined;
        if (number !== undefined) return { number, askedAt };
        lease = await journal.lease();
        this.#showFollowing(replica, lease, isKnown);
        this.#parts.onLease(lease);
      } catch (cause) {
        if (cause instanceof Unfit) throw cause;
        onTrouble(cause, "read the journal");
      }
      await this.#wake.or(timing.sleep(tryEveryMilliseconds), count);
    }
    return undefined;
  }

  #showFollowing(replica: Replica, lease: Lease | undefined, isKnown: boolean): void {
    const kind = isKnown && replica.isCurrent ? "follows" : "passes on";
    const role = this.#role;
    const isSame =
      role.kind === kind &&
      role.replica === replica &&
      role.lease?.term === lease?.term &&
      role.lease?.isOver === lease?.isOver;
    if (!isSame) this.#set({ kind, replica, lease });
  }

  /** Applies what the journal has. Returns false when its tables are not known here. */
  async #catchUp(replica: Replica): Promise<boolean> {
    for (;;) {
      const entries = await this.#parts.journal.after(replica.position);
      if (entries === undefined)
        throw new Unfit(`The journal does not have entry ${replica.position.sequence} as this replica has it`);
      try {
        for (const entry of entries) if (entry.sequence > replica.position.sequence) replica.apply(entry);
      } catch (cause) {
        if (cause instanceof UnknownSchema) return false;
        throw cause;
      }
      if (entries.length === 0) return true;
      this.#moved.give();
    }
  }

  async #takeUp(replica: Replica, term: Term): Promise<void> {
    const { openTerm, schema, onTrouble } = this.#parts;
    this.#set({ kind: "takes up", replica });
    if (!(await this.#catchUp(replica))) return;
    await term.begin(schema);
    const database = replica.forWriting(term);
    let writing: Writing | undefined;
    try {
      writing = await openTerm(term, database);
      if (!term.isOver) this.#set({ kind: "writes", replica, term, database });
      await Promise.race([term.over, this.#leaving.promise]);
      if (!term.isOver) {
        // A planned change: what is under way is kept before another node writes.
        await writing.stop();
        writing = undefined;
        await database.flush();
      }
    } finally {
      term.end();
      database.end();
      replica.forReading();
      this.#set({ kind: "takes up", replica });
      await writing?.stop().catch((cause: unknown) => onTrouble(cause, "end what it has begun as the writer"));
    }
  }
}
