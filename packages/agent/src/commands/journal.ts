import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFileMode, ownFolderMode, writeAtomically } from "../files/atomic-file.ts";
import { makeFolders } from "../files/make-folders.ts";
import type { CommandReport } from "./report.ts";
import type { HostCommand } from "../protocol/command-service.ts";

// One file to which each change is appended, so that the commands of this agent survive its end. A kill leaves a whole change
// or none, and only what must survive a power cut is synced. Creating and renaming files would take ten times as long, and
// every event of a deployment waits for each change. In a folder beside it are the official agent's tracking files, which
// tools and people look for. What is written here is read by the next version of the agent: keys keep their names.

/** The last state of a command that is not settled. */
export type JournalEntry =
  /** None of its scripts has begun, so it may be executed. */
  | { readonly state: "received"; readonly command: HostCommand }
  /** Its scripts may have run, so it may not be executed again. `script` is the running one. */
  | { readonly state: "started"; readonly command: HostCommand; readonly script?: ScriptProcess }
  /** The control plane has not confirmed its report. */
  | { readonly state: "finished"; readonly command: HostCommand; readonly outcome: CommandReport };

/** A script's process group, and its start in clock ticks after boot: together they identify it. */
export interface ScriptProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/** The age up to which a tracking file stands for a deployment in progress, in milliseconds (agent.md §1.6). */
const freshMilliseconds = 24 * 3_600_000;

/** The size at which the file is compacted to what is not settled, in bytes: some hundred deployments. */
const bytesMax = 1024 * 1024;

/** The commands that this host has received and not settled. */
export class Journal {
  readonly #path: string;
  readonly #entries: Map<string, JournalEntry>;
  #bytes = 0;
  readonly #tracking: string;
  /** The running command of each deployment. */
  readonly #trackedCommands = new Map<string, HostCommand>();

  /** Reads what an earlier process of this agent has left. */
  constructor(rootDir: string, trackingFolder: string) {
    const folder = join(rootDir, "command-journal");
    makeFolders(folder, ownFolderMode);
    this.#path = journalFile(rootDir);
    this.#entries = readEntries(this.#path);
    this.#compact();
    this.#tracking = join(rootDir, trackingFolder);
    makeFolders(this.#tracking, ownFolderMode);
    // Nothing runs yet: what was tracked has ended with the earlier process.
    for (const entry of readdirSync(this.#tracking, { withFileTypes: true }))
      if (entry.isFile()) rmSync(join(this.#tracking, entry.name), { force: true });
  }

  /** All unsettled commands, in the order in which they were received. */
  unsettled(): readonly JournalEntry[] {
    return [...this.#entries.values()];
  }

  /** Writes the new state of a command. `durable` syncs it to the disk. */
  write(entry: JournalEntry, { durable = false }: { durable?: boolean } = {}): void {
    this.#append(entry, durable);
    this.#entries.set(entry.command.identifier, entry);
  }

  /** Forgets a command: the control plane has confirmed its report. */
  settle({ identifier }: HostCommand): void {
    this.#append({ state: "settled", command: { identifier } }, false);
    this.#entries.delete(identifier);
    if (this.#bytes > bytesMax) this.#compact();
  }

  /** Marks a deployment as in progress. */
  track(deploymentId: string, command: HostCommand): void {
    this.#trackedCommands.set(deploymentId, command);
    writeFileSync(join(this.#tracking, deploymentId), command.identifier, { mode: ownFileMode });
  }

  /** Removes the mark, unless another command of the deployment has begun meanwhile. */
  untrack(deploymentId: string, command: HostCommand): void {
    if (this.#trackedCommands.get(deploymentId) !== command) return;
    this.#trackedCommands.delete(deploymentId);
    rmSync(join(this.#tracking, deploymentId), { force: true });
  }

  /** A line begins with its line break, which ends one that a full disk has cut short. */
  #append(line: Line, durable: boolean): void {
    const text = `\n${JSON.stringify(line)}`;
    appendFileSync(this.#path, text, { flush: durable, mode: ownFileMode });
    this.#bytes += text.length;
  }

  #compact(): void {
    const text = this.unsettled().map((entry) => `\n${JSON.stringify(entry)}`);
    writeAtomically(this.#path, text.join(""), { durable: true });
    this.#bytes = 0;
  }
}

/** A line of the file. */
type Line = JournalEntry | { readonly state: "settled"; readonly command: { readonly identifier: string } };

/** The journal's path below an agent's root folder. */
export const journalFile = (rootDir: string): string => join(rootDir, "command-journal", "journal");

/** Returns the last state of each unsettled command in a journal, by identifier. */
export function readEntries(file: string): Map<string, JournalEntry> {
  const entries = new Map<string, JournalEntry>();
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
    if (error instanceof SyntaxError) return undefined; // cut short by a kill, a full disk or a power cut: the state before it counts
    throw error;
  }
}

/** Returns the ids of the deployments with a fresh tracking file in a folder. */
export function trackedDeployments(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => Date.now() - statSync(join(folder, name)).mtimeMs < freshMilliseconds);
}
