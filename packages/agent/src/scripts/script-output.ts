import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { localTime } from "../agent-log.ts";

/** Characters of output that go to the control plane (agent.md §1.5). */
const tailCharactersMax = 2048;

/** A line longer than this is written in pieces: a script that never ends its line must not fill the memory. */
const lineCharactersMax = 64 * 1024;

/** Size and number of the files of the merged log (agent.md §3.2). */
const mergedBytesMax = 64 * 1024 * 1024;
const mergedFilesMax = 8;

/** Where the scripts of one deployment write to. */
export interface OutputTarget {
  readonly deploymentId: string;
  /** The deployment's own `logs` folder. */
  readonly logs: string;
  /** The merged log of all deployments on this host; undefined = not wanted. */
  readonly merged?: string;
}

/** Collects what the scripts of one event print: in `scripts.log`, in the merged log, and its end for the control plane. */
export class ScriptOutput {
  readonly #target: OutputTarget;
  #tail: string[] = [];
  #tailLength = 0;

  constructor(target: OutputTarget, event: string) {
    this.#target = target;
    mkdirSync(target.logs, { recursive: true });
    this.note(`LifecycleEvent - ${event}`);
  }

  /** Writes one record. */
  note(text: string): void {
    const now = new Date();
    appendFileSync(join(this.#target.logs, "scripts.log"), `${localTime(now, " ")} ${text}\n`);
    if (this.#target.merged !== undefined) {
      const milliseconds = String(now.getMilliseconds()).padStart(3, "0");
      appendMerged(
        this.#target.merged,
        `[${localTime(now, " ")}.${milliseconds}] [${this.#target.deploymentId}]${text.trim()}\n`,
      );
    }
    this.#remember(`${text}\n`);
  }

  /** Records what comes out of a stream, line by line. Resolves when it has ended. */
  async follow(stream: AsyncIterable<string>, prefix: "[stdout]" | "[stderr]"): Promise<void> {
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.note(prefix + line.replace(/\r$/, ""));
      if (rest.length > lineCharactersMax) {
        this.note(prefix + rest);
        rest = "";
      }
    }
    if (rest !== "") this.note(prefix + rest);
  }

  /** The newest whole lines that fit; of a single longer line, its end. */
  tail(): string {
    return this.#tail.join("");
  }

  #remember(line: string): void {
    const kept = line.length >= tailCharactersMax ? line.slice(1 - tailCharactersMax) : line;
    this.#tail.push(kept);
    this.#tailLength += kept.length;
    while (this.#tailLength >= tailCharactersMax) this.#tailLength -= this.#tail.shift()?.length ?? 0;
  }
}

function appendMerged(file: string, text: string): void {
  mkdirSync(join(file, ".."), { recursive: true });
  appendFileSync(file, text);
  if (statSync(file).size < mergedBytesMax) return;
  for (let number = mergedFilesMax - 2; number >= 0; number -= 1) {
    const from = number === 0 ? file : `${file}.${number}`;
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${number + 1}`);
  }
}
