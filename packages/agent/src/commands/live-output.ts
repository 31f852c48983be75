import { RequestRefused } from "../protocol/request-errors.ts";
import type { Pauses } from "../retry.ts";

/** Lines that have not been sent are kept up to so many characters; of more, the oldest are given up. */
const waitingCharactersMax = 512 * 1024;

/** One request has at most so many characters, or lines: no list of a request may be longer. */
const batchCharactersMax = 128 * 1024;
const batchLinesMax = 1_000;

/** The longest line that is sent, in characters. */
const lineCharactersMax = 4_096;

/** From the first line until it is sent, and from one request to the next, in milliseconds. */
const firstMilliseconds = 250;
const pauseMilliseconds = 1_000;

/** After so many refusals in a row nothing is sent any more: the control plane does not know what this is. */
const refusalsMax = 3;

interface Waiting {
  readonly identifier: string;
  /** The number of the first line in `lines`, from 1. */
  first: number;
  lines: string[];
  characters: number;
}

export interface LiveOutputOptions {
  /** Sends lines of a command; `first` is the number of the first one. */
  readonly send: (identifier: string, first: number, lines: readonly string[]) => Promise<void>;
  /** How long to wait after failures. */
  readonly pauses: Pauses;
  readonly log: (line: string) => void;
}

/**
 * Sends what scripts print while they run, a second's lines at a time. Nothing waits for it: a control plane that is away,
 * slow or does not know of it costs lines, and neither time nor memory without bounds (agent.md §1.8).
 */
export class LiveOutput {
  readonly #options: LiveOutputOptions;
  /** In the order of their first unsent lines. */
  readonly #waiting = new Map<string, Waiting>();
  /** How many lines of each command there were. */
  readonly #counts = new Map<string, number>();
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #failures = 0;
  #refusals = 0;
  #isOff = false;

  constructor(options: LiveOutputOptions) {
    this.#options = options;
  }

  /** Returns what takes the lines of one command. */
  of(identifier: string): (lines: readonly string[]) => void {
    return (lines) => this.#add(identifier, lines);
  }

  /** Forgets how many lines a command has had; those that wait are still sent. */
  ended(identifier: string): void {
    this.#counts.delete(identifier);
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isOff = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #add(identifier: string, lines: readonly string[]): void {
    if (this.#isOff || lines.length === 0) return;
    const count = this.#counts.get(identifier) ?? 0;
    this.#counts.set(identifier, count + lines.length);
    const waiting = this.#waiting.get(identifier) ?? { identifier, first: count + 1, lines: [], characters: 0 };
    this.#waiting.set(identifier, waiting);
    for (const line of lines) {
      const text = line.slice(0, lineCharactersMax);
      waiting.lines.push(text);
      waiting.characters += text.length;
      this.#characters += text.length;
    }
    if (this.#characters > waitingCharactersMax) this.#giveUpOldest();
    this.#schedule(firstMilliseconds);
  }

  #giveUpOldest(): void {
    for (const waiting of this.#waiting.values()) {
      let count = 0;
      for (const line of waiting.lines) {
        if (this.#characters <= waitingCharactersMax / 2) break;
        this.#characters -= line.length;
        waiting.characters -= line.length;
        count += 1;
      }
      waiting.lines = waiting.lines.slice(count);
      waiting.first += count; // the gap shows in the numbers
      if (waiting.lines.length === 0) this.#waiting.delete(waiting.identifier);
      if (this.#characters <= waitingCharactersMax / 2) return;
    }
  }

  #schedule(milliseconds: number): void {
    if (this.#isOff || this.#isSending || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#sendNext();
    }, milliseconds).unref();
  }

  async #sendNext(): Promise<void> {
    const [waiting] = this.#waiting.values();
    if (waiting === undefined) return;
    const { identifier, first } = waiting;
    const lines = batchOf(waiting.lines);
    this.#isSending = true;
    let pause = pauseMilliseconds;
    try {
      await this.#options.send(identifier, first, lines);
      this.#failures = 0;
      this.#refusals = 0;
      this.#remove(waiting, first + lines.length);
    } catch (error) {
      this.#failures += 1;
      pause = Math.max(pause, this.#options.pauses(this.#failures, error));
      if (error instanceof RequestRefused) this.#refused(waiting, error);
    } finally {
      this.#isSending = false;
    }
    this.#schedule(pause); // also when nothing waits: the next line may come at once
  }

  /** The command may be unknown there, as when its deployment was deleted; or the operation is. */
  #refused(waiting: Waiting, error: Error): void {
    this.#remove(waiting, waiting.first + waiting.lines.length);
    this.#refusals += 1;
    if (this.#refusals < refusalsMax) return;
    this.#options.log(`What scripts print is not sent any more while they run: ${error.message}`);
    this.close();
  }

  /** Removes the lines before a number; some may have been given up meanwhile. */
  #remove(waiting: Waiting, before: number): void {
    const count = Math.max(0, Math.min(waiting.lines.length, before - waiting.first));
    for (const line of waiting.lines.slice(0, count)) {
      this.#characters -= line.length;
      waiting.characters -= line.length;
    }
    waiting.lines = waiting.lines.slice(count);
    waiting.first += count;
    this.#waiting.delete(waiting.identifier);
    if (waiting.lines.length > 0) this.#waiting.set(waiting.identifier, waiting); // others get their turn
  }
}

function batchOf(lines: readonly string[]): readonly string[] {
  let characters = 0;
  const end = lines.findIndex((line, place) => {
    characters += line.length;
    return place === batchLinesMax || (place > 0 && characters > batchCharactersMax);
  });
  return end === -1 ? lines.slice() : lines.slice(0, end);
}
