import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { releaseResidentPages } from "./resident-pages.ts";

// A host agent waits for most of its life, and its host has better uses for the memory that its work has needed.

/** Has V8 prefer little memory to speed: the agent mostly waits, and its scripts are other programs. Code that a collection has found unused is dropped at the next one, and compiled again when it is needed. */
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

/** Collections until nothing more is freed: the first finds unused code, the next ones what only that code referenced. */
const collections = 3;

/** V8's `gc` function, once it is needed. */
let collect: ((options: object) => Promise<void>) | undefined;

/** When memory is given back, and how much. */
export interface MemoryContext {
  /** Asked before each step, so that a command that arrives does not wait for the rest. */
  readonly isIdle: () => boolean;
  /** Whether the pages of the program's own file are released, too (docs/decisions/016). */
  readonly releasesPages: boolean;
}

/** Collects the garbage that work has left behind, and releases resident pages if that is wanted. */
export async function giveBackMemory({ isIdle, releasesPages }: MemoryContext): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as typeof collect; // V8's own function
  }
  for (let done = 0; done < collections && isIdle(); done += 1)
    await collect?.({ type: "major", execution: "async", flavor: "last-resort" });
  if (releasesPages && isIdle()) releaseResidentPages();
}
