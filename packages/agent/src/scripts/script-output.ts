import { join } from "node:path";
import { localTime } from "../agent-log.ts";
import { RotatingFile } from "../files/rotating-file.ts";
import { withoutEscapeSequences } from "./escape-sequences.ts";

/** The most characters of output that are sent to the control plane (agent.md §1.5). */
const tailCharactersMax = 2048;

/** A longer line is written in pieces, so that a script that never ends its line does not fill the memory. */
const lineCharactersMax = 64 * 1024;

/** Where the output of one deployment's scripts is written. */
export interface OutputTarget {
  readonly deploymentId: string;
  /** The deployment's own `logs` folder. */
  readonly logs: string;
  /** The merged log of all deployments on this host, if there is to be one. */
  readonly merged?: string | undefined;
  /** Whether control characters are written unchanged, by which a script can make a terminal show its log otherwise than it is. */
  readonly keepsControlCharacters?: boolean | undefined;
  /** Takes each record as soon as it is written. */
  readonly live?: ((records: readonly string[]) => void) | undefined;
}

/** Writes what the scripts of one event print to `scripts.log` and to the merged log, and keeps the end for the control plane. */
export class ScriptOutput {
  readonly #target: OutputTarget;
  readonly #own: RotatingFile;
  readonly #merged: RotatingFile | undefined;
  #tail: string[] = [];
  #tailLength = 0;

  constructor(target: OutputTarget, event: string) {
    this.#target = target;
    this.#own = new RotatingFile(join(target.logs, "scripts.log"));
    if (target.merged !== undefined) this.#merged = new RotatingFile(target.merged);
    this.note(`LifecycleEvent - ${event}`);
  }

  /** Writes one record. */
  note(text: string): void {
    this.#record([text]);
    this.#remember([text]);
  }

  /** Writes a stream line by line. Resolves when it has ended. */
  async follow(stream: AsyncIterable<string>, prefix: "[stdout]" | "[stderr]"): Promise<void> {
    let rest = "";
    // The end of a line that is being written in pieces: the control plane gets it as one line.
    let written = "";
    for await (const chunk of stream) {
      // Only the new chunk is scanned: the time would be quadratic for a script that prints byte by byte.
      const [begun = "", ...more] = chunk.split("\n");
      rest += begun;
      if (more.length > 0) {
        const lines = [rest, ...more];
        rest = lines.pop() ?? "";
        const [first = "", ...others] = lines.map((line) => this.#plain(line));
        this.#record([prefix + first, ...others.map((line) => prefix + line)]);
        this.#remember([written === "" ? prefix + first : written + first, ...others.map((line) => prefix + line)]);
        written = "";
      }
      if (rest.length > lineCharactersMax) {
        const piece = this.#plain(rest);
        this.#record([prefix + piece]);
        written = (written + piece).slice(-tailCharactersMax);
        rest = "";
      }
    }
    const last = this.#plain(rest);
    if (last !== "") this.#record([prefix + last]);
    if (last + written !== "") this.#remember([written === "" ? prefix + last : written + last]);
  }

  /** Returns the last complete lines that fit, or the end of a single longer line. */
  tail(): string {
    return this.#tail.join("");
  }

  /** Closes the logs. */
  close(): void {
    this.#own.close();
    this.#merged?.close();
  }

  #plain(line: string): string {
    const text = line.replace(/\r$/, "");
    if (this.#target.keepsControlCharacters === true) return text;
    return withoutEscapeSequences(text);
  }

  #record(records: readonly string[]): void {
    const now = new Date();
    const time = localTime(now, " ");
    this.#own.append(records.map((text) => `${time} ${text}\n`).join(""));
    const milliseconds = String(now.getMilliseconds()).padStart(3, "0");
    const head = `[${time}.${milliseconds}] [${this.#target.deploymentId}]`;
    this.#merged?.append(records.map((text) => `${head}${text.trim()}\n`).join(""));
    this.#target.live?.(records);
  }

  #remember(lines: readonly string[]): void {
    for (const text of lines) {
      const line = `${text}\n`;
      const kept = line.length >= tailCharactersMax ? line.slice(1 - tailCharactersMax) : line;
      this.#tail.push(kept);
      this.#tailLength += kept.length;
      while (this.#tailLength >= tailCharactersMax) this.#tailLength -= this.#tail.shift()?.length ?? 0;
    }
  }
}
