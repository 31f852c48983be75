// How long files take. `npm test -- --remember` writes down those that take long; whatever is not there, new files too, goes by its folder.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Planned } from "./schedule.ts";
import type { FileResult } from "./run-file.ts";

const memory = new URL("durations.json", import.meta.url);

/** Shorter ones need not be remembered: in which order they run does not matter. In seconds. */
const rememberedFrom = 4;

/** The assumed duration of files that are not in the list, in seconds, by prefix of the path. */
const byFolder: readonly (readonly [prefix: string, seconds: number])[] = [
  ["test/", 15],
  ["packages/cloud/test/", 8],
  ["packages/agent/test/", 3],
];

/** What is known about files. */
export function plan(files: readonly string[]): readonly Planned[] {
  const known = remembered();
  return files.map((file) => {
    const seconds = known[file] ?? byFolder.find(([prefix]) => file.startsWith(prefix))?.[1] ?? 1;
    return { file, seconds, runsFirst: runsFirst(readFileSync(file, "utf8")) };
  });
}

/** A file that has to begin before the others says so, and why, in a comment before its imports. */
const runsFirst = (text: string): boolean => /^\/\/ Runs first: /m.test(text.slice(0, 2000));

/** Writes down how long files took, and keeps what is known about files that did not run. */
export function remember(results: readonly FileResult[]): void {
  const known = { ...remembered() };
  for (const { file, seconds } of results) {
    delete known[file];
    if (seconds >= rememberedFrom) known[file] = Math.round(seconds);
  }
  const there = Object.keys(known).filter((file) => existsSync(file));
  const lines = there.toSorted().map((file) => `  ${JSON.stringify(file)}: ${known[file]}`);
  writeFileSync(memory, `{\n${lines.join(",\n")}\n}\n`);
}

function remembered(): Record<string, number> {
  return JSON.parse(readFileSync(memory, "utf8")) as Record<string, number>; // written by `remember`
}
