import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { releaseResidentPages } from "./resident-pages.ts";

// A host agent waits for most of its life, and its host has other things to do with the memory that work has needed.

/** Has the engine prefer little memory to speed: an agent waits, and its scripts are other programs. Code that one collection has found unused is forgotten at the next, and compiled again when it is needed. */
export function saveMemory(): void {
  for (const flag of [
    "--optimize-for-size",
    "--no-opt",
    "--no-maglev",
    "--no-sparkplug",
    "--flush-baseline-code",
    "--bytecode-old-age=1",
  ])
    setFlagsFromString(flag);
}

/** Collections until nothing more is forgotten: the first finds code that is not used, the next ones what only that code needed. */
const collections = 3;

/** How full collections are asked for. Loading it costs nothing until then. */
let collect: ((options: object) => Promise<void>) | undefined;

/** Gives back what work has left behind, for as long as `isIdle`: the next command finds what it needs. */
export async function giveBackMemory(isIdle: () => boolean): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as typeof collect; // V8's own function
  }
  for (let done = 0; done < collections && isIdle(); done += 1)
    await collect?.({ type: "major", execution: "async", flavor: "last-resort" });
  if (isIdle()) releaseResidentPages();
}
