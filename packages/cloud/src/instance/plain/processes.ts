import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** The variable by which all processes of a plain instance are recognized: children inherit it. */
export const mark = "SLUICE_INSTANCE";

/** How long processes may take to end after SIGTERM, in milliseconds. */
const endsWithinMilliseconds = 3_000;
const lookMilliseconds = 20;

/** Returns the processes of a plain instance. Two data folders may know one id, so the folder is part of the mark. */
export function processesOf(instanceFolder: string): readonly number[] {
  const wanted = `${mark}=${instanceFolder}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(wanted))
    .map(Number);
}

/** Ends every process of a plain instance. */
export async function endProcesses(instanceFolder: string): Promise<void> {
  for (let waited = 0; ; waited += lookMilliseconds) {
    const processes = processesOf(instanceFolder);
    if (processes.length === 0) return;
    // Repeated, because a process may have started another one meanwhile.
    const signal = waited < endsWithinMilliseconds ? "SIGTERM" : "SIGKILL";
    for (const pid of processes) signalProcess(pid, signal);
    await pause(lookMilliseconds);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // gone, or another user's
  }
}
