// How long files take. `npm test -- --remember` writes down those that take long; whatever is not there, new files too, goes by its folder.
import { readFileSync, writeFileSync } from "node:fs";
import type { Planned } from "./schedule.ts";
import type { FileResult } from "./run-file.ts";

const memory = new URL("durations.json", import.meta.url);

/** Shorter ones need not be remembered: in which order they run does not matter. In seconds. */
const rememberedFrom = 4;

/** Seconds, and processors kept busy. */
type Known = readonly [seconds: number, load: number];

/** What a file is taken for that nobody remembers, by the beginning of its path. */
const byFolder: readonly (readonly [prefix: string, known: Known])[] = [
  ["test/", [15, 0.4]],
  ["packages/cloud/test/", [8, 0.4]],
  ["packages/agent/test/", [3, 0.6]],
  ["", [1, 0.8]],
];

/** What is to be expected of files. */
export function plan(files: readonly string[]): readonly Planned[] {
  const known = remembered();
  return files.map((file) => {
    const [seconds, load] = known[file] ?? byFolder.find(([prefix]) => file.startsWith(prefix))?.[1] ?? [1, 1];
    return { file, seconds, load, runsAlone: runsAlone(readFileSync(file, "utf8")) };
  });
}

/** A file that must not run beside others says so, and why, in a comment before its imports. */
const runsAlone = (text: string): boolean => /^\/\/ Runs alone: /m.test(text.slice(0, 2000));

/** Writes down what files have taken, beside what is known of those that did not run now. */
export function remember(results: readonly FileResult[]): void {
  const known = { ...remembered() };
  for (const { file, seconds, cpuSeconds } of results) {
    delete known[file];
    if (seconds >= rememberedFrom) known[file] = [Math.round(seconds), Math.round((cpuSeconds / seconds) * 100) / 100];
  }
  const lines = Object.keys(known)
    .toSorted()
    .map((file) => `  ${JSON.stringify(file)}: ${JSON.stringify(known[file]).replace(",", ", ")}`);
  writeFileSync(memory, `{\n${lines.join(",\n")}\n}\n`);
}

function remembered(): Record<string, Known> {
  return JSON.parse(readFileSync(memory, "utf8")) as Record<string, Known>; // written by `remember`
}
