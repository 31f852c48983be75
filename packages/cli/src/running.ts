import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A running `sluice up`, as other commands of the same data folder find it. */
interface Running {
  readonly pid: number;
  /** The process's start in clock ticks after boot, from /proc: a recycled pid is recognized by it. */
  readonly startTicks: string;
  /** Plain HTTP, unless the port speaks HTTPS alone. */
  readonly url: string;
  /** Of a port that speaks HTTPS, too: the file with the certificate to trust. */
  readonly caBundle?: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Records, readable by this user alone, that this process serves the data folder. */
export function noteRunning(dataFolder: string, running: Omit<Running, "pid" | "startTicks">): void {
  const file = fileIn(dataFolder);
  const note: Running = { pid: process.pid, startTicks: startTicks(process.pid) ?? "", ...running };
  writeFileSync(`${file}.new`, JSON.stringify(note, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Returns the `sluice up` that serves the data folder, or undefined when none does. */
export function findRunning(dataFolder: string): Running | undefined {
  const note = readNote(dataFolder);
  return note !== undefined && startTicks(note.pid) === note.startTicks ? note : undefined;
}

/** Removes the note of this process. */
export function forgetRunning(dataFolder: string): void {
  rmSync(fileIn(dataFolder), { force: true });
}

/** Whether the process of a note is still there. */
export function isAlive({ pid, startTicks: noted }: Running): boolean {
  return startTicks(pid) === noted;
}

function readNote(dataFolder: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(dataFolder), "utf8")) as Running; // written by noteRunning, in a folder that only this user may write
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // a torn or absent note is no note
    throw error;
  }
}

const fileIn = (dataFolder: string) => join(dataFolder, "running.json");

function startTicks(pid: number): string | undefined {
  try {
    // The command's name, in parentheses, may contain anything: the fields are counted from its end. Start time is the 22nd of them all.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" ? undefined : fields[18];
  } catch {
    return undefined; // no such process
  }
}
