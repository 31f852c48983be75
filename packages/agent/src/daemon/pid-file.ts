import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolders } from "../files/make-folders.ts";

/** The file with the process id of the agent (agent.md §7.1). */
export class PidFile {
  readonly path: string;
  readonly #folder: string;

  constructor(folder: string, programName: string) {
    this.#folder = folder;
    this.path = join(folder, `${programName}.pid`);
  }

  /** Writes the id of this process. Returns false when another agent is running. Throws when the folder cannot be used. */
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

  /** Removes the file if it is of this process. */
  release(): void {
    if (this.#read() === process.pid) rmSync(this.path, { force: true });
  }

  /** Returns the process id of the running agent; undefined when there is none. */
  running(): number | undefined {
    const pid = this.#read();
    return pid !== undefined && isAgent(pid) ? pid : undefined;
  }

  /** Whether the file is of an agent that is gone. */
  isStale(): boolean {
    return existsSync(this.path) && this.running() === undefined;
  }

  #read(): number | undefined {
    try {
      const pid = Number.parseInt(readFileSync(this.path, "utf8"), 10);
      return Number.isInteger(pid) && pid > 0 ? pid : undefined;
    } catch {
      return undefined; // no file
    }
  }
}

/** Whether a process is an agent, whose command line has the word `run`: the id may have been reused by another program. */
function isAgent(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes("run") && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false; // no such process
  }
}
