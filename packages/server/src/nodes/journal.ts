/** A place in the order of everything that has happened: the number of an entry, and the digest of all up to it. */
export interface Position {
  /** 0 before the first entry. */
  readonly sequence: number;
  /** In hex. */
  readonly digest: string;
}

/** What one group commit has changed. An entry without changes begins a term, or a schema. */
export interface Entry extends Position {
  /** The number of its writer among writers. */
  readonly term: number;
  /** The version of the tables that its changes are for. */
  readonly schema: number;
  /** SQLite's patchset, packed. */
  readonly changes: Uint8Array;
}

/** A whole replica at a position, packed, from which a new node begins. */
export interface Base extends Position {
  /** Over the bytes and the position, in hex. */
  readonly seal: string;
  readonly bytes: Uint8Array;
}

/** A node, and where other nodes reach it. */
export interface NodeAddress {
  readonly node: string;
  /** As URL, without a path. */
  readonly address: string;
}

/** Who may write, as the journal has it. */
export interface Lease extends NodeAddress {
  readonly term: number;
  /** Whether it has run out, or was let go. */
  readonly isOver: boolean;
}

/** What a node says of itself now and then. */
export interface NodeReport extends NodeAddress {
  readonly version: string;
  readonly role: "writes" | "follows" | "passes on";
  readonly sequence: number;
  /** Since when it has this role, in milliseconds since the epoch by its own clock. */
  readonly since: number;
}

/** A report, and how long ago it came, in milliseconds by the journal's clock. */
export interface SeenNode extends NodeReport {
  readonly age: number;
}

/** An entry does not follow the last one: another node has written, or the journal has lost its end. */
export class Superseded extends Error {}

/**
 * The order of everything that has happened: PostgreSQL in production, memory in the simulation. Every method may
 * reject with another error than those it names; then it is not known whether anything has happened, and the call can
 * be repeated.
 */
export interface Journal {
  /**
   * Keeps an entry; it is no error when that very entry is there already. Throws `Superseded` when the last one is not
   * that which it follows.
   */
  append(entry: Entry, after: Position): Promise<void>;
  /** The entries after a position, oldest first, some of them; undefined when the journal does not have the position. */
  after(position: Position): Promise<readonly Entry[] | undefined>;
  newestBase(): Promise<Base | undefined>;
  /** The position of the newest base, and the bytes of the entries after it. */
  growth(): Promise<{ readonly base: number; readonly baseBytes: number; readonly entryBytes: number }>;
  /** Keeps a base; false when there is one of this position already. The older ones go. */
  addBase(base: Base): Promise<boolean>;
  /** Deletes entries up to the newest base that are older than this many milliseconds; the last entry stays. */
  trim(milliseconds: number): Promise<void>;
  /** Takes the lease when it is over, for this many milliseconds by the journal's clock. Returns the new term. */
  takeLease(by: NodeAddress, milliseconds: number): Promise<number | undefined>;
  /** Returns whether the term is still the newest. */
  renewLease(term: number, milliseconds: number): Promise<boolean>;
  /** Ends the lease, if it is still that of this term. */
  leaveLease(term: number): Promise<void>;
  lease(): Promise<Lease | undefined>;
  /** Notes what a node says of itself, and forgets nodes of which nothing was heard for a day. */
  report(report: NodeReport): Promise<void>;
  nodes(): Promise<readonly SeenNode[]>;
  /** The journal's clock, in milliseconds since the epoch. */
  time(): Promise<number>;
  close(): Promise<void>;
}
