import type { Keeper } from "../store/group-commit.ts";
import type { EntryChain } from "./entry-chain.ts";
import { type Entry, type Journal, type Position, Superseded } from "./journal.ts";
import type { Replica } from "./replica.ts";
import { Signal, type Timing } from "./timing.ts";

/** This node no longer writes: what was asked of it has to be asked of another. */
export class TermOver extends Error {}

/** How long the lease of a writer lasts, in milliseconds. */
export const leaseMilliseconds = 2_000;

/** How often it is renewed, in milliseconds. */
const renewEveryMilliseconds = 500;

/** How much earlier than the journal a writer counts its lease as over, in milliseconds: clocks need not run alike. */
const marginMilliseconds = 250;

/** After how long without an answer of the journal no further writes are taken, in milliseconds. */
const awayAfterMilliseconds = 5_000;

/** The longest wait between two attempts to keep an entry, in milliseconds. */
const retryMillisecondsMax = 500;

/** What a term needs. */
export interface TermParts {
  readonly journal: Journal;
  readonly chain: EntryChain;
  readonly timing: Timing;
  readonly replica: Replica;
  /** Called with each entry that is kept. */
  readonly onKept: (entry: Entry) => void;
  /** Told of troubles that pass. */
  readonly onTrouble: (cause: unknown, doing: string) => void;
}

/**
 * The time in which one node writes. The lease says who may try; the journal decides, since it takes only the entry
 * that follows the last. The lease is counted by this machine's clock, from before the question whose answer it was.
 */
export class Term implements Keeper {
  readonly number: number;
  readonly #parts: TermParts;
  readonly #changed = new Signal();
  #until: number;
  #isOver = false;
  #over = Promise.withResolvers<void>();
  /** Since when an entry is on its way. */
  #sentAt: number | undefined;
  #kept: Entry | undefined;

  /** `askedAt`: when the lease was asked for. */
  constructor(number: number, askedAt: number, parts: TermParts) {
    this.number = number;
    this.#parts = parts;
    this.#until = askedAt + leaseMilliseconds - marginMilliseconds;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the term is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Whether others may be told what this node knows: it may be that another writes already. */
  get isSure(): boolean {
    return !this.#isOver && this.#parts.timing.now() < this.#until;
  }

  /** Ends the term: nothing is kept any more, and nobody is told anything. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve();
    this.#changed.give();
  }

  /**
   * Resolves when the lease is known to hold, or when `milliseconds` are over; undefined when it holds. Throws `TermOver`.
   */
  sure(milliseconds: number): Promise<void> | undefined {
    return this.isSure ? undefined : this.#untilSure(this.#parts.timing.now() + milliseconds);
  }

  async #untilSure(until: number): Promise<void> {
    const { timing } = this.#parts;
    while (!this.isSure) {
      const left = until - timing.now();
      if (this.#isOver || left <= 0) throw new TermOver("It is not known which node writes");
      await this.#changed.or(timing.patience(left));
    }
  }

  /** Renews the lease until the term is over. */
  async renew(): Promise<void> {
    const { journal, timing, onTrouble } = this.#parts;
    while (!this.#isOver) {
      const askedAt = timing.now();
      try {
        if (!(await journal.renewLease(this.number, leaseMilliseconds))) return this.end();
        this.#until = Math.max(this.#until, askedAt + leaseMilliseconds - marginMilliseconds);
        this.#changed.give();
      } catch (cause) {
        onTrouble(cause, "renew its lease");
      }
      if (!this.#isOver) await this.#changed.or(timing.sleep(renewEveryMilliseconds));
    }
  }

  /** Begins the term: from here on no entry of an earlier one fits. Throws `Superseded`. */
  async begin(schema: number): Promise<void> {
    const { chain, replica } = this.#parts;
    const entry = chain.next(replica.position, { term: this.number, schema, patchset: new Uint8Array() });
    await this.#append(entry, replica.position);
    replica.apply(entry);
    this.#parts.onKept(entry);
  }

  async keep(patchset: Uint8Array): Promise<void> {
    const { chain, replica } = this.#parts;
    const entry = chain.next(replica.position, { term: this.number, schema: replica.schema, patchset });
    try {
      await this.#append(entry, replica.position);
    } catch (cause) {
      this.end();
      throw cause;
    }
    this.#kept = entry;
    this.#parts.onKept(entry);
  }

  beforeCommit(): void {
    if (this.#kept === undefined) throw new Error("An entry is committed that was not kept");
    this.#parts.replica.note(this.#kept);
    this.#kept = undefined;
  }

  /** The file cannot commit what the journal has: another node, or this one once it has read the journal, goes on. */
  onBehind(cause: unknown): void {
    this.#parts.onTrouble(cause, "write its replica");
    this.#parts.replica.forget();
    this.end();
  }

  get isAway(): boolean {
    return this.#sentAt !== undefined && this.#parts.timing.now() - this.#sentAt > awayAfterMilliseconds;
  }

  /** Sends an entry until it is known what has become of it. */
  async #append(entry: Entry, after: Position): Promise<void> {
    const { journal, timing, onTrouble } = this.#parts;
    this.#sentAt = timing.now();
    for (let wait = 50; ; wait = Math.min(2 * wait, retryMillisecondsMax)) {
      if (this.#isOver) throw new Superseded("This node no longer writes");
      try {
        await journal.append(entry, after);
        break;
      } catch (cause) {
        if (cause instanceof Superseded) throw cause;
        onTrouble(cause, "keep an entry");
      }
      if (!this.#isOver) await this.#changed.or(timing.sleep(wait));
    }
    this.#sentAt = undefined;
  }
}
