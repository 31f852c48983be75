import type { FunctionDefinitions } from "node:ffi";
import { readFileSync, readlinkSync } from "node:fs";

// Most of what Node keeps resident are pages of its own binary that its start has touched. They can be read from the file
// again, so a process that waits need not keep them: the kernel is told so (docs/decisions/016).

/** A part of the address space. */
export interface Range {
  readonly start: bigint;
  readonly length: bigint;
}

/** `madvise(2)`: these pages are not needed; whoever touches one has it read from its file again. */
const dontNeed = 4;

/** Has the kernel take away the pages of this program's file, and what the C library has freed. Does nothing where Node cannot call the C library. */
export function releaseResidentPages(): void {
  callNative({ madvise: { arguments: ["u64", "u64", "i32"], return: "i32" } }, ({ madvise }) => {
    // What is refused stays as it is: locked pages, for one.
    for (const { start, length } of ownRanges()) madvise(start, length, dontNeed);
  });
  // Of glibc alone: other C libraries need no asking.
  callNative({ malloc_trim: { arguments: ["u64"], return: "i32" } }, ({ malloc_trim }) => malloc_trim(0n));
}

/** A mapping's first line in `/proc/self/smaps`: where it is, what may be done there, and of which file; lines of fields follow. */
const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-.p [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ \d+ +(\/.*)$/;

/**
 * Which parts of the address space hold nothing but what the program's file has, by `/proc/self/smaps`. A page that was
 * written to, as the relocated ones were, is in memory (Anonymous) or swapped out (Swap) and would be lost. Libraries are
 * left alone: another thread may be loading one just now. What is not understood is not chosen.
 */
export function cleanFileRanges(smaps: string, program: string): readonly Range[] {
  const ranges: Range[] = [];
  const lines = smaps.split("\n");
  lines.forEach((line, index) => {
    const [, start = "", end = "", path] = mapping.exec(line) ?? [];
    if (path !== program) return;
    const fields = fieldsAfter(lines, index);
    if (!/^0 kB$/.test(fields.get("Anonymous") ?? "") || !/^0 kB$/.test(fields.get("Swap") ?? "")) return;
    const from = BigInt(`0x${start}`);
    ranges.push({ start: from, length: BigInt(`0x${end}`) - from });
  });
  return ranges;
}

/** The fields of the mapping whose first line this is. */
function fieldsAfter(lines: readonly string[], index: number): ReadonlyMap<string, string> {
  const rows = lines.slice(index + 1);
  const count = rows.findIndex((row) => !/^\w+: /.test(row));
  return new Map(
    rows.slice(0, count === -1 ? rows.length : count).map((row) => {
      const [name = "", value = ""] = row.split(":", 2);
      return [name, value.trim()];
    }),
  );
}

function ownRanges(): readonly Range[] {
  try {
    return cleanFileRanges(readFileSync("/proc/self/smaps", "utf8"), readlinkSync("/proc/self/exe"));
  } catch {
    return []; // a kernel without smaps, or a container without /proc
  }
}

/** Where an address and a `size_t` are what we declare: 64 bits. */
const architectures: readonly string[] = ["x64", "arm64"];

type Native<T extends FunctionDefinitions> = ReturnType<typeof import("node:ffi").dlopen<T>>["functions"];

/** Calls functions of the C library. Does nothing where they are not there, before Node 26.1, and where the permission model forbids it. */
function callNative<const T extends FunctionDefinitions>(definitions: T, call: (native: Native<T>) => void): void {
  if (process.platform !== "linux" || !architectures.includes(process.arch)) return;
  const library = openQuietly(definitions);
  if (library === undefined) return;
  try {
    call(library.functions);
  } finally {
    library.lib.close();
  }
}

/** Node warns on stderr that `node:ffi` is experimental, and nobody who reads that can do anything about it. No other code runs meanwhile. */
function openQuietly<const T extends FunctionDefinitions>(definitions: T) {
  const warn: unknown = Reflect.get(process, "emitWarning");
  Reflect.set(process, "emitWarning", () => {});
  try {
    return process.getBuiltinModule("node:ffi")?.dlopen(null, definitions);
  } catch {
    return undefined;
  } finally {
    Reflect.set(process, "emitWarning", warn);
  }
}
