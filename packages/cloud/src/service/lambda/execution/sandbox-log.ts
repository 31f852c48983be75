import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { LogLine } from "../../logs/index.ts";

/** Characters of a call's log that come back with its answer: Lambda's 4 KB. */
const tailMax = 4096;

/** Longest line that is kept whole, in characters: what is longer is cut into several. */
const lineMax = 256 * 1024;

/** The log of one process: lines of its output between those that tell of its calls, in the order in which they came. */
export class SandboxLog {
  readonly #clock: () => number;
  readonly #keep: (lines: readonly LogLine[]) => void;
  #partial = "";
  #tail = "";

  constructor({ clock, keep }: { stream: string; clock: () => number; keep: (lines: readonly LogLine[]) => void }) {
    this.#clock = clock;
    this.#keep = keep;
  }

  /** Takes in what a process writes. */
  read({ stdout, stderr }: ChildProcess): void {
    for (const output of [stdout, stderr])
      (output as Readable).setEncoding("utf8").on("data", (text: string) => this.#text(text)); // both are pipes
  }

  /** A line of ours. */
  line(message: string): void {
    this.#flush();
    this.#lines([message]);
  }

  /** Resolves when what a process has written before its answer has been taken in. */
  async settle(): Promise<void> {
    // The answer came over a socket, the output through pipes: one turn of the event loop reads what those held.
    await setImmediate();
    await setImmediate();
    this.#flush();
  }

  /** The end of what has been logged since the last time, and forgets it. */
  take(): string {
    const tail = this.#tail;
    this.#tail = "";
    return tail;
  }

  #text(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    this.#lines(lines);
    if (this.#partial.length > lineMax) this.#flush();
  }

  #flush(): void {
    if (this.#partial === "") return;
    const rest = this.#partial;
    this.#partial = "";
    this.#lines([rest]);
  }

  #lines(messages: readonly string[]): void {
    if (messages.length === 0) return;
    const timestamp = this.#clock();
    // A carriage return stands for a line break within one message.
    const lines = messages.map((message) => ({ timestamp, message: `${message.replaceAll("\r", "\n")}\n` }));
    this.#tail = (this.#tail + lines.map(({ message }) => message).join("")).slice(-tailMax);
    this.#keep(lines);
  }
}
