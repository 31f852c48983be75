import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./atomic-file.ts";
import type { Outcome } from "./outcome.ts";
import type { HostCommand } from "./protocol/command-service.ts";

// One file a command: what this agent has taken up survives its end. Beside it stands the official agent's tracking file,
// which tools and people look for. Files are replaced by renaming, so that a kill leaves the old or the new one; only what
// must survive a power cut is forced to the disk.

/** What is known of a command that is not settled. */
export type Entry =
  /** Taken up; none of its scripts has begun, so it may be executed. */
  | { readonly state: "received"; readonly command: HostCommand }
  /** Its scripts may have run, so it may not be executed again. `script` is what runs now. */
  | {
      readonly state: "started";
      readonly command: HostCommand;
      readonly deploymentId: string;
      readonly script?: ScriptProcess;
    }
  /** Over; the control plane has not confirmed that it knows. */
  | { readonly state: "finished"; readonly command: HostCommand; readonly outcome: Outcome };

/** A script's process group, and when it began in clock ticks after boot: by both it is recognized. */
export interface ScriptProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/** How old a tracking file may be and still tell of a deployment in progress, in milliseconds (agent.md §1.6). */
const freshMilliseconds = 24 * 3_600_000;

/** The commands that this host has taken up and not settled. */
export class Journal {
  readonly #folder: string;
  readonly #tracking: string;

  constructor(rootDir: string, trackingFolder: string) {
    this.#folder = join(rootDir, "command-journal");
    this.#tracking = join(rootDir, trackingFolder);
    mkdirSync(this.#folder, { recursive: true });
    mkdirSync(this.#tracking, { recursive: true });
  }

  /** Everything that an earlier life of this agent has left unsettled. */
  unsettled(): readonly Entry[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => readEntry(join(this.#folder, name)))
      .filter((entry) => entry !== undefined);
  }

  /** Keeps the newest state of a command. `durable` forces it to the disk. */
  write(entry: Entry, { durable = false }: { durable?: boolean } = {}): void {
    if (entry.state === "started" && entry.script === undefined)
      writeAtomically(join(this.#tracking, entry.deploymentId), entry.command.identifier);
    writeAtomically(this.#file(entry.command), JSON.stringify(entry), { durable });
  }

  /** Forgets the tracking file of a deployment: nothing of it runs any more. */
  untrack(deploymentId: string): void {
    rmSync(join(this.#tracking, deploymentId), { force: true });
  }

  /** Forgets a command: the control plane knows its outcome. */
  settle(command: HostCommand): void {
    rmSync(this.#file(command), { force: true });
  }

  /** The deployments of which something runs. */
  inProgress(): readonly string[] {
    return trackedDeployments(this.#tracking);
  }

  #file({ identifier }: HostCommand): string {
    return join(this.#folder, `${createHash("sha256").update(identifier).digest("hex").slice(0, 32)}.json`);
  }
}

/** The deployments for which a fresh tracking file lies in a folder. */
export function trackedDeployments(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => Date.now() - statSync(join(folder, name)).mtimeMs < freshMilliseconds);
}

function readEntry(file: string): Entry | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Entry; // written by this class, in a folder that only the agent may write
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // torn by a power cut before it was forced to the disk: never acknowledged as finished
    throw error;
  }
}
