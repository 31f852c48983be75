// What did not run, and why: the reasons that tests give.
import { readFileSync } from "node:fs";

/** The reasons of skipped tests, the most frequent first, each with how many gave it. */
export function countReasons(reasons: readonly string[]): readonly (readonly [reason: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].toSorted(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b));
}

/** Reasons that count where everything optional has been installed: a line each, and none for an empty line or one that begins with #. */
export function allowedReasons(file = new URL("allowed-skips.txt", import.meta.url)): ReadonlySet<string> {
  const lines = readFileSync(file, "utf8").split("\n");
  return new Set(lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#")));
}
