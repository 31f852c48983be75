import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFileMode, ownFolderMode, writeAtomically } from "./atomic-file.ts";
import { makeFolders } from "./make-folders.ts";
import type { Outcome } from "./outcome.ts";
import type { HostCommand } from "./protocol/command-service.ts";

// One file, to whose end each change is written: what this agent has taken up survives its end. A kill leaves the change or
// not, and only what must survive a power cut is forced to the disk. Creating and renaming files would take ten times as long,
// and every event of a deployment waits for each change. In a folder beside it stand the official agent's tracking files, which
// tools and people look for.

/** What is known of a command that is not settled. */
export type Entry =
  /** Taken up; none of its scripts has begun, so it may be executed. */
  | { readonly state: "received"; readonly command: HostCommand }
  /** Its scripts may have run, so it may not be executed again. `script` is what runs now. */
  | { readonly state: "started"; readonly command: HostCommand; readonly script?: ScriptProcess }
  /** Over; the control plane has not confirmed that it knows. */
  | { readonly state: "finished"; readonly command: HostCommand; readonly outcome: Outcome };

/** A script's process group, and when it began in clock ticks after boot: by both it is recognized. */
export interface ScriptProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/** How old a tracking file may be and still tell of a deployment in progress, in milliseconds (agent.md §1.6). */
const freshMilliseconds = 24 * 3_600_000;

/** How large the file may become before it is written anew with what is not settled, in bytes: some hundred deployments. */
const bytesMax = 1024 * 1024;

/** The commands that this host has taken up and not settled. */
export class Journal {
  readonly #path: string;
  readonly #entries: Map<string, Entry>;
  #bytes = 0;
  readonly #tracking: string;
  /** Of each deployment of which something runs, the command. */
  readonly #tracked = new Map<string, HostCommand>();

  /** Takes up what an earlier life of this agent has left. */
  constructor(rootDir: string, trackingFolder: string) {
    const folder = join(rootDir, "command-journal");
    makeFolders(folder, ownFolderMode);
    this.#path = journalFile(rootDir);
    this.#entries = readEntries(this.#path);
    this.#writeAnew();
    this.#tracking = join(rootDir, trackingFolder);
    makeFolders(this.#tracking, ownFolderMode);
    // Nothing runs yet: what was tracked has ended with the agent that did it.
    for (const entry of readdirSync(this.#tracking, { withFileTypes: true }))
      if (entry.isFile()) rmSync(join(this.#tracking, entry.name), { force: true });
  }

  /** Everything that is unsettled, in the order in which it was taken up. */
  unsettled(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Keeps the newest state of a command. `durable` forces it to the disk. */
  write(entry: Entry, { durable = false }: { durable?: boolean } = {}): void {
    this.#append(entry, durable);
    this.#entries.set(entry.command.identifier, entry);
  }

  /** Forgets a command: the control plane knows its outcome. */
  settle({ identifier }: HostCommand): void {
    this.#append({ state: "settled", command: { identifier } }, false);
    this.#entries.delete(identifier);
    if (this.#bytes > bytesMax) this.#writeAnew();
  }

  /** Says that something of a deployment runs. */
  track(deploymentId: string, command: HostCommand): void {
    this.#tracked.set(deploymentId, command);
    writeFileSync(join(this.#tracking, deploymentId), command.identifier, { mode: ownFileMode });
  }

  /** Says that a command of a deployment runs no more. */
  untrack(deploymentId: string, command: HostCommand): void {
    if (this.#tracked.get(deploymentId) !== command) return; // its next one has begun meanwhile
    this.#tracked.delete(deploymentId);
    rmSync(join(this.#tracking, deploymentId), { force: true });
  }

  /** A line begins with its line break: one that was torn when the disk was full ends there. */
  #append(line: Line, durable: boolean): void {
    const text = `\n${JSON.stringify(line)}`;
    appendFileSync(this.#path, text, { flush: durable, mode: ownFileMode });
    this.#bytes += text.length;
  }

  #writeAnew(): void {
    const text = this.unsettled().map((entry) => `\n${JSON.stringify(entry)}`);
    writeAtomically(this.#path, text.join(""), { durable: true });
    this.#bytes = 0;
  }
}

/** What the file says of a command, one line each time. */
type Line = Entry | { readonly state: "settled"; readonly command: { readonly identifier: string } };

/** Where an agent with this root folder keeps its journal. */
export const journalFile = (rootDir: string): string => join(rootDir, "command-journal", "journal");

/** What a journal says last of each command that is not settled, by identifier. */
export function readEntries(file: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const text of existsSync(file) ? readFileSync(file, "utf8").split("\n") : []) {
    const line = parse(text);
    if (line?.state === "settled") entries.delete(line.command.identifier);
    else if (line !== undefined) entries.set(line.command.identifier, line);
  }
  return entries;
}

function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line; // written by the class above, in a folder that only the agent may write
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // torn by a kill, a full disk or a power cut: what stood before it counts
    throw error;
  }
}

/** The deployments for which a fresh tracking file lies in a folder. */
export function trackedDeployments(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => Date.now() - statSync(join(folder, name)).mtimeMs < freshMilliseconds);
}
