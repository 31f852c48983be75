import type { Readable } from "node:stream";
import type { LogPlace, LogStore } from "../../logs/index.ts";

/** Longest line that is kept whole, in characters: what is longer is cut into several. */
const lineMax = 256 * 1024;

/** Lines at the end of an output that are told when its container has failed, and characters of each. */
const lastLinesMax = 5;
const lastCharactersMax = 200;

/** Reads what a container writes: lines go to CloudWatch Logs when it wants that, and the last few are remembered. */
export class ContainerLog {
  readonly #place: LogPlace | undefined;
  readonly #logs: LogStore;
  readonly #clock: () => number;
  readonly #ended: Promise<void>;
  #partial = "";
  #last: readonly string[] = [];

  constructor(
    output: Readable,
    { place, logs, clock }: { place: LogPlace | undefined; logs: LogStore; clock: () => number },
  ) {
    this.#place = place;
    this.#logs = logs;
    this.#clock = clock;
    output.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#ended = new Promise((resolve) => output.once("close", resolve));
    output.on("error", () => output.destroy()); // it ends then as well
  }

  /** The last lines, once everything has been read. */
  async lastLines(): Promise<readonly string[]> {
    await this.#ended;
    this.#keep(this.#partial === "" ? [] : [this.#partial]);
    this.#partial = "";
    return this.#last;
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    if (this.#partial.length > lineMax) {
      lines.push(this.#partial);
      this.#partial = "";
    }
    this.#keep(lines);
  }

  #keep(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const timestamp = this.#clock();
    const messages = lines.map((line) => line.replace(/\r$/, ""));
    this.#last = [...this.#last, ...messages.map((line) => line.slice(0, lastCharactersMax))].slice(-lastLinesMax);
    if (this.#place !== undefined)
      this.#logs.append(
        this.#place,
        messages.map((message) => ({ timestamp, message })),
      );
  }
}
