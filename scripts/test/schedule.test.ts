import assert from "node:assert/strict";
import { test } from "node:test";
import { type Planned, runAll } from "./schedule.ts";

/** Runs files that take as long as is planned, by a clock of their own. Gives what ran beside what, in the order of beginnings. */
async function scheduled(files: readonly Planned[], filesMax: number, loadMax: number) {
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const done = runAll(files, { filesMax, loadMax }, (file) => {
    begun.push(`${file} beside ${[...ends.keys()].join("") || "none"}`);
    return new Promise((end) => ends.set(file, end));
  });
  for (let left = files.length; left > 0; left--) {
    const [[file, end] = ["", () => {}]] = ends; // the one that began first ends first
    ends.delete(file);
    end();
    await new Promise((turn) => setImmediate(turn));
  }
  await done;
  return begun;
}

const planned = (file: string, seconds: number, load: number, runsAlone = false) => ({
  file,
  seconds,
  load,
  runsAlone,
});

test("the longest begin first, as many at once as there is room for, and what runs alone does so at the end", async () => {
  const files = [
    planned("a", 1, 0.5, true),
    planned("b", 2, 0.8),
    planned("c", 9, 0.9),
    planned("d", 3, 0.2),
    planned("e", 1, 0.2),
  ];

  assert.deepEqual(await scheduled(files, 3, 2), [
    "c beside none",
    "d beside c",
    "b beside cd",
    "e beside db",
    "a beside none",
  ]);
});

test("a file that needs more than there is runs all the same", async () => {
  assert.deepEqual(await scheduled([planned("a", 1, 5), planned("b", 1, 5)], 3, 2), ["a beside none", "b beside none"]);
});
