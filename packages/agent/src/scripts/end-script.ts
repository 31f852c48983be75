import { setTimeout as pause } from "node:timers/promises";
import type { ScriptProcess } from "../commands/journal.ts";
import { ProcessTree, startTicks } from "./process-tree.ts";

/** How long a script's processes may take to end after SIGTERM, in milliseconds. */
const graceMilliseconds = 5_000;
/** How long killed processes may take to disappear, in milliseconds. */
const reapMilliseconds = 1_000;
/** The interval between two scans of all processes, in milliseconds. A scan takes a millisecond for some hundred processes. */
const scanMilliseconds = 50;

/** Ends a script and everything that it has started, given its first process: by SIGTERM, and by SIGKILL if something is left after five seconds. */
export async function endScript(leader: number): Promise<void> {
  const tree = new ProcessTree(leader);
  tree.signal("SIGTERM");
  if (await isGone(tree, { signal: 0, milliseconds: graceMilliseconds })) return;
  // Repeatedly: a process may have started another one just before it was killed.
  await isGone(tree, { signal: "SIGKILL", milliseconds: reapMilliseconds });
}

/** Signals a tree repeatedly. Returns true once nothing is left of it, or false after the given time. */
async function isGone(
  tree: ProcessTree,
  { signal, milliseconds }: { signal: NodeJS.Signals | 0; milliseconds: number },
): Promise<boolean> {
  for (const begun = performance.now(); performance.now() - begun < milliseconds; await pause(scanMilliseconds))
    if (!tree.signal(signal)) return true;
  return false;
}

/** Ends a script that an earlier agent process has started. Another process that has its id now is left alone. */
export async function endLeftScript({ pid, startTicks: began }: ScriptProcess): Promise<void> {
  const now = startTicks(pid);
  // If the first process is gone its children may be alive: the system does not reuse the id while it is that of their session.
  if (now === undefined || now === began) await endScript(pid);
}
