import assert from "node:assert/strict";
import { test } from "node:test";
import { watchIdle } from "./idle-processors.ts";
import { type Limits, type Planned, runAll } from "./schedule.ts";

/** Runs files, which end in the order in which they began. Returns what ran beside what, in this order. */
async function scheduled(files: readonly Planned[], limits: Limits) {
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const run = { isOver: false };
  const done = runAll(files, limits, (file) => {
    begun.push(`${file} beside ${[...ends.keys()].join("") || "none"}`);
    return new Promise((end) => ends.set(file, end));
  }).finally(() => (run.isOver = true));
  while (!run.isOver) {
    await new Promise((turn) => setImmediate(turn));
    const [[file, end] = ["", () => {}]] = ends;
    ends.delete(file);
    end();
  }
  await done;
  return begun;
}

const planned = (file: string, seconds: number, runsFirst = false) => ({ file, seconds, runsFirst });
const files = [planned("a", 1, true), planned("b", 2), planned("c", 9), planned("d", 3), planned("e", 1)];

test("what runs first does so, then the longest, as many at once as there is room for", async () => {
  assert.deepEqual(await scheduled(files, { filesMin: 1, filesMax: 3, hasRoom: () => true }), [
    "a beside none",
    "c beside a",
    "d beside ac",
    "b beside cd",
    "e beside db",
  ]);
});

test("where there is no room, no more run than must", async () => {
  assert.deepEqual(await scheduled(files, { filesMin: 2, filesMax: 3, hasRoom: () => false }), [
    "a beside none",
    "c beside a",
    "d beside c",
    "b beside d",
    "e beside b",
  ]);
});

test("there is room when the processors were idle for a quarter of the time, and again when they were so since then", () => {
  let at = 0;
  let idle = 0;
  const hasRoom = watchIdle(
    () => at,
    () => ({ idle, all: 2 * at }),
  );
  const pass = (milliseconds: number, share: number) => {
    at += milliseconds;
    idle += 2 * milliseconds * share;
    return hasRoom();
  };

  assert.deepEqual(
    [pass(100, 1), pass(600, 0.2), pass(300, 1), pass(400, 1), pass(700, 0.2), pass(700, 0.3)],
    [false, true, false, true, false, true],
  );
});
