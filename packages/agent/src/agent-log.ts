import { appendFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { printable } from "@sluice/aws-protocol/printable";
import { ownFileMode, ownFolderMode } from "./files/atomic-file.ts";
import { makeFolders } from "./files/make-folders.ts";

/** Days for which logs are kept (agent.md §7.3). */
const filesMax = 7;

type Level = "DEBUG" | "INFO" | "WARN" | "ERROR";

/** `verbose`: whether debug messages are written. */
export interface AgentLogOptions {
  readonly folder: string;
  readonly name: string;
  readonly verbose: boolean;
  readonly clock?: (() => Date) | undefined;
}

/** The agent's log: one file a day, in the official agent's format. A line that cannot be written is dropped: deployments matter more. */
export class AgentLog {
  readonly #folder: string;
  readonly #name: string;
  readonly #verbose: boolean;
  readonly #clock: () => Date;
  #day: string;

  /** Throws when the folder cannot be used. */
  constructor({ folder, name, verbose, clock = () => new Date() }: AgentLogOptions) {
    this.#clock = clock;
    this.#folder = folder;
    this.#name = name;
    this.#verbose = verbose;
    try {
      makeFolders(folder, ownFolderMode);
      appendFileSync(this.#file(), "", { mode: ownFileMode });
    } catch (cause) {
      throw new Error(`Please make sure the path of the log directory exists and is writable: "${folder}"`, { cause });
    }
    this.#day = dayOf(statSync(this.#file()).mtime);
  }

  debug(message: string): void {
    if (this.#verbose) this.#write("DEBUG", message);
  }

  info(message: string): void {
    this.#write("INFO", message);
  }

  warn(message: string): void {
    this.#write("WARN", message);
  }

  error(message: string): void {
    this.#write("ERROR", message);
  }

  #write(level: Level, message: string): void {
    const now = this.#clock();
    try {
      if (dayOf(now) !== this.#day) this.#roll(dayOf(now));
      appendFileSync(
        this.#file(),
        `${localTime(now, "T")} ${level.padEnd(5)} [${this.#name}(${process.pid})]: ${printable(message)}\n`,
        { mode: ownFileMode },
      );
    } catch (error) {
      process.stderr.write(`Cannot write the log "${this.#file()}": ${String(error)}\n`);
    }
  }

  #roll(today: string): void {
    renameSync(this.#file(), join(this.#folder, `${this.#name}.${this.#day}.log`));
    this.#day = today;
    const old = readdirSync(this.#folder).filter(
      (file) => file.startsWith(`${this.#name}.`) && /\.\d{8}\.log$/.test(file),
    );
    for (const file of old.toSorted().slice(0, -filesMax)) rmSync(join(this.#folder, file), { force: true });
  }

  #file(): string {
    return join(this.#folder, `${this.#name}.log`);
  }
}

/** Formats a time as `2026-11-24T12:54:19`, in the host's time zone and with the given separator. */
export function localTime(time: Date, separator: string): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19).replace("T", separator);
}

const dayOf = (time: Date): string => localTime(time, "T").slice(0, 10).replaceAll("-", "");
