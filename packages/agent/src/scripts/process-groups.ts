import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { ScriptProcess } from "../journal.ts";

/** How long a process group may take to end after SIGTERM, in milliseconds. */
const patienceMilliseconds = 5_000;
/** How long the kernel may take to clear away what was killed. */
const reapMilliseconds = 1_000;
const lookMilliseconds = 20;

/** When a process began, in clock ticks after boot; undefined when it is gone. */
export function startTicks(pid: number): string | undefined {
  try {
    // The command's name, in parentheses, may contain anything: fields are counted from its end. The start is the 22nd of all.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined; // no such process
  }
}

/** Ends a process group: SIGTERM, and SIGKILL for what is left after five seconds. */
export async function endGroup(leader: number): Promise<void> {
  signalGroup(leader, "SIGTERM");
  if (await isGone(leader, patienceMilliseconds)) return;
  signalGroup(leader, "SIGKILL");
  await isGone(leader, reapMilliseconds);
}

/** Waits until a group has no members, or the patience is over. */
async function isGone(leader: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += lookMilliseconds) {
    if (!signalGroup(leader, 0)) return true;
    await pause(lookMilliseconds);
  }
  return false;
}

/** Ends the group of a script that an earlier life of the agent had started. A process that merely has its number is left alone. */
export async function endLeftGroup({ pid, startTicks: began }: ScriptProcess): Promise<void> {
  const now = startTicks(pid);
  // The leader may be gone and its children alive: then nobody else can lead a group of that number.
  if (now === undefined || now === began) await endGroup(pid);
}

/** Signals a group; false when it has no members. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    if (code === "EPERM") return true; // another user's, by runas: it is there
    throw error;
  }
}
