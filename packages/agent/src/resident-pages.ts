import type { FunctionDefinitions } from "node:ffi";
import { readFileSync, readlinkSync } from "node:fs";

// Most of what Node keeps resident are pages of its own binary that its start has touched. They can be read from the file
// again, so an idle process need not keep them. With `release_idle_memory` the kernel is told so (docs/decisions/016).

/** A part of the address space. */
export interface Range {
  readonly start: bigint;
  readonly length: bigint;
}

/** `madvise(2)`: these pages are not needed; the next access reads them from their file again. */
const dontNeed = 4;

/** Releases the resident pages of this program's file, and what the C library has freed. Does nothing where Node cannot call the C library. */
export function releaseResidentPages(): void {
  callNative({ madvise: { arguments: ["u64", "u64", "i32"], return: "i32" } }, ({ madvise }) => {
    // What is refused stays resident: locked pages, for one.
    for (const { start, length } of ownRanges()) madvise(start, length, dontNeed);
  });
  // glibc only: other C libraries give memory back by themselves.
  callNative({ malloc_trim: { arguments: ["u64"], return: "i32" } }, ({ malloc_trim }) => malloc_trim(0n));
}

/** A mapping's first line in `/proc/self/smaps`: its addresses, permissions and file. Lines of fields follow. */
const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-.p [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ \d+ +(\/.*)$/;

/**
 * Returns the mappings that hold nothing but the content of the program's file, by `/proc/self/smaps`. A page that was
 * written to, as relocated ones were, is in memory (Anonymous) or swapped out (Swap) and would be lost. Libraries are left
 * alone, as another thread may be loading one; so is every mapping whose text is not exactly as expected.
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

/** Returns the fields of the mapping whose first line is at `index`. */
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

/** Architectures on which an address and a `size_t` have the declared 64 bits. */
const architectures: readonly string[] = ["x64", "arm64"];

type Native<T extends FunctionDefinitions> = ReturnType<typeof import("node:ffi").dlopen<T>>["functions"];

/** Calls functions of the C library. Does nothing where they are missing, before Node 26.1, and where the permission model forbids it. */
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

/** Keeps Node from warning on stderr that `node:ffi` is experimental: who reads it can do nothing about it. No other code runs meanwhile. */
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
