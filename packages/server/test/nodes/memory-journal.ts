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
} from "../../src/nodes/journal.ts";

/** A journal in memory, with the promises of the one in PostgreSQL. Several nodes may share it. */
export class MemoryJournal implements Journal {
  entries: Entry[] = [];
  readonly bases: Base[] = [];
  readonly #clock: () => number;
  readonly #times = new Map<number, number>();
  #lease: (NodeAddress & { term: number; until: number }) | undefined;
  readonly #reports = new Map<string, NodeReport & { readonly at: number }>();

  /** With a clock in milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  async append(entry: Entry, after: Position): Promise<void> {
    if (this.entries.some(({ sequence, digest }) => sequence === entry.sequence && digest === entry.digest)) return;
    const last = this.entries.at(-1) ?? this.#newest();
    if (last === undefined || last.sequence !== after.sequence || last.digest !== after.digest)
      throw new Superseded(`Entry ${entry.sequence} does not follow the last one`);
    this.entries.push(entry);
    this.#times.set(entry.sequence, this.#clock());
  }

  async after({ sequence, digest }: Position): Promise<readonly Entry[] | undefined> {
    const isThere =
      this.entries.some((entry) => entry.sequence === sequence && entry.digest === digest) ||
      this.bases.some((base) => base.sequence === sequence && base.digest === digest);
    const next = this.entries.filter((entry) => entry.sequence > sequence);
    const isWhole = next[0] === undefined || next[0].sequence === sequence + 1;
    return isThere && isWhole ? next.slice(0, 3) : undefined;
  }

  async newestBase(): Promise<Base | undefined> {
    return this.#newest();
  }

  async growth() {
    const base = this.#newest();
    const after = this.entries.filter(({ sequence }) => sequence > (base?.sequence ?? 0));
    return {
      base: base?.sequence ?? 0,
      baseBytes: base?.bytes.length ?? 0,
      entryBytes: after.reduce((sum, { changes }) => sum + changes.length, 0),
    };
  }

  async addBase(base: Base): Promise<boolean> {
    if (this.bases.some(({ sequence }) => sequence >= base.sequence)) return false;
    this.bases.push(base);
    while (this.bases.length > 1) this.bases.shift();
    return true;
  }

  async trim(milliseconds: number): Promise<void> {
    const base = this.#newest()?.sequence ?? 0;
    const before = this.#clock() - milliseconds;
    const last = this.entries.at(-1);
    this.entries = this.entries.filter(
      (entry) => entry === last || entry.sequence > base || (this.#times.get(entry.sequence) ?? 0) > before,
    );
  }

  async takeLease(by: NodeAddress, milliseconds: number): Promise<number | undefined> {
    const now = this.#clock();
    if (this.#lease !== undefined && this.#lease.until >= now) return undefined;
    const term = (this.#lease?.term ?? 0) + 1;
    this.#lease = { ...by, term, until: now + milliseconds };
    return term;
  }

  async renewLease(term: number, milliseconds: number): Promise<boolean> {
    if (this.#lease?.term !== term) return false;
    this.#lease.until = this.#clock() + milliseconds;
    return true;
  }

  async leaveLease(term: number): Promise<void> {
    if (this.#lease?.term === term) this.#lease.until = Number.NEGATIVE_INFINITY;
  }

  async lease(): Promise<Lease | undefined> {
    if (this.#lease === undefined) return undefined;
    const { until, ...lease } = this.#lease;
    return { ...lease, isOver: until < this.#clock() };
  }

  async report(report: NodeReport): Promise<void> {
    this.#reports.set(report.node, { ...report, at: this.#clock() });
  }

  async nodes(): Promise<readonly SeenNode[]> {
    return [...this.#reports.values()].map(({ at, ...report }) => ({ ...report, age: this.#clock() - at }));
  }

  async time(): Promise<number> {
    return this.#clock();
  }

  async close(): Promise<void> {}

  #newest(): Base | undefined {
    return this.bases.toSorted((a, b) => b.sequence - a.sequence)[0];
  }
}
