import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// A host agent waits for most of its life, and its host has other things to do with the memory that work has needed.

/** Has the engine prefer little memory to speed: an agent waits, and its scripts are other programs. */
export function saveMemory(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--no-opt");
  setFlagsFromString("--no-maglev");
}

/** How full collections are asked for. Loading it costs nothing until then. */
let collect: ((options: object) => Promise<void>) | undefined;

/** Gives back what work has left behind. */
export async function giveBackMemory(): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as typeof collect; // V8's own function
  }
  await collect?.({ type: "major", execution: "async", flavor: "last-resort" });
}
