import { closeSync, readdirSync, readFileSync } from "node:fs";

/** What open(2) calls O_CLOEXEC, among the flags of a descriptor (proc(5)). */
const closedOnExec = 0o2_000_000;

/** The last of the standard descriptors. */
const standardMax = 2;

/**
 * Closes what the shell that started this program had open: a lock, another program's pipe. Node marks the lowest
 * descriptors so that no program inherits them, and its own; any other would be open in every function and every instance.
 */
export function closeInheritedDescriptors(): void {
  const folder = "/proc/self/fd";
  for (const descriptor of entriesOf(folder).map(Number)) {
    if (descriptor <= standardMax || isMarked(descriptor)) continue;
    closeSync(descriptor);
  }
}

function isMarked(descriptor: number): boolean {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1");
    const [, flags = ""] = /^flags:\s*([0-7]+)$/m.exec(text) ?? [];
    return flags === "" || (Number.parseInt(flags, 8) & closedOnExec) !== 0;
  } catch {
    return true; // it was the one by which the folder was read
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // a system without /proc starts neither functions nor instances that are isolated
  }
}
