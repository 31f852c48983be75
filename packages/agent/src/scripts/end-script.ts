import { setTimeout as pause } from "node:timers/promises";
import type { ScriptProcess } from "../commands/journal.ts";
import { ProcessTree, startTicks } from "./process-tree.ts";

/** How long a script's processes may take to end after SIGTERM, in milliseconds. */
const graceMilliseconds = 5_000;
/** How long the kernel may take to clear away what was killed. */
const reapMilliseconds = 1_000;
/** Between two looks at all processes, which take a millisecond for some hundred of them. */
const lookMilliseconds = 50;

/** Ends a script and everything that it has started, by its first process: SIGTERM, and SIGKILL for what is left after five seconds. */
export async function endScript(leader: number): Promise<void> {
  const tree = new ProcessTree(leader);
  tree.signal("SIGTERM");
  if (await isGone(tree, { signal: 0, milliseconds: graceMilliseconds })) return;
  // Again and again: a process that is being killed may have started another one.
  await isGone(tree, { signal: "SIGKILL", milliseconds: reapMilliseconds });
}

/** Signals a tree until nothing is left of it, or the time is over. */
async function isGone(
  tree: ProcessTree,
  { signal, milliseconds }: { signal: NodeJS.Signals | 0; milliseconds: number },
): Promise<boolean> {
  for (const begun = performance.now(); performance.now() - begun < milliseconds; await pause(lookMilliseconds))
    if (!tree.signal(signal)) return true;
  return false;
}

/** Ends a script that an earlier life of the agent had started. A process that merely has its number is left alone. */
export async function endLeftScript({ pid, startTicks: began }: ScriptProcess): Promise<void> {
  const now = startTicks(pid);
  // The first process may be gone and its children alive: then nobody else can lead a session of that number.
  if (now === undefined || now === began) await endScript(pid);
}
