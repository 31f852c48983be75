import { join } from "node:path";
import { localTime } from "../agent-log.ts";
import { RotatingFile } from "../files/rotating-file.ts";
import { withoutEscapeSequences } from "./escape-sequences.ts";

/** Characters of output that go to the control plane (agent.md §1.5). */
const tailCharactersMax = 2048;

/** A line longer than this is written in pieces: a script that never ends its line must not fill the memory. */
const lineCharactersMax = 64 * 1024;

/** Where the scripts of one deployment write to. */
export interface OutputTarget {
  readonly deploymentId: string;
  /** The deployment's own `logs` folder. */
  readonly logs: string;
  /** The merged log of all deployments on this host; undefined = not wanted. */
  readonly merged?: string | undefined;
  /** Whether control characters are written as they come: who reads a log with them reads what the script wants. */
  readonly keepsControlCharacters?: boolean | undefined;
}

/** Collects what the scripts of one event print: in `scripts.log`, in the merged log, and its end for the control plane. */
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

  /** Records what comes out of a stream, line by line. Resolves when it has ended. */
  async follow(stream: AsyncIterable<string>, prefix: "[stdout]" | "[stderr]"): Promise<void> {
    let rest = "";
    // The end of a line that has been written in pieces: for the control plane it is one line all the same.
    let written = "";
    for await (const chunk of stream) {
      // Only what is new is looked through: a script that prints byte by byte would have its line read once a byte.
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

  /** The newest whole lines that fit; of a single longer line, its end. */
  tail(): string {
    return this.#tail.join("");
  }

  /** Ends the writing. */
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
