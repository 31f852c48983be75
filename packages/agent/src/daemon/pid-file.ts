import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolders } from "../files/make-folders.ts";

/** The file that tells which process is the agent (agent.md §7.1). */
export class PidFile {
  readonly path: string;
  readonly #folder: string;

  constructor(folder: string, programName: string) {
    this.#folder = folder;
    this.path = join(folder, `${programName}.pid`);
  }

  /** Notes this process. False when another agent is running. Throws when the folder cannot be used. */
  take(): boolean {
    try {
      makeFolders(this.#folder);
      for (;;) {
        try {
          writeFileSync(this.path, `${process.pid}\n`, { flag: "wx" });
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
          if (this.running() !== undefined) return false;
          rmSync(this.path, { force: true });
        }
      }
    } catch (cause) {
      throw new Error(`Please make sure the path of the PID directory exists and is writable: "${this.#folder}"`, {
        cause,
      });
    }
  }

  /** Removes the note of this process. */
  release(): void {
    if (this.#noted() === process.pid) rmSync(this.path, { force: true });
  }

  /** The process id of the agent that runs; undefined when none does. */
  running(): number | undefined {
    const pid = this.#noted();
    return pid !== undefined && isAgent(pid) ? pid : undefined;
  }

  /** Whether a file is left of an agent that is gone. */
  isStale(): boolean {
    return existsSync(this.path) && this.running() === undefined;
  }

  #noted(): number | undefined {
    try {
      const pid = Number.parseInt(readFileSync(this.path, "utf8"), 10);
      return Number.isInteger(pid) && pid > 0 ? pid : undefined;
    } catch {
      return undefined; // no file, no agent
    }
  }
}

/** A number may have gone to another program: an agent's command line ends in `run`. */
function isAgent(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes("run") && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false; // no such process
  }
}
