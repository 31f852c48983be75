import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, type TestContext, test } from "node:test";
import { openStore } from "../../store/index.ts";
import type { LogLine as ScriptLine } from "../../script-logs/log-line.ts";
import type { LogListener } from "../../store/script-logs.ts";
import type { ScriptLogReader, SnapshotContext } from "../snapshots/context.ts";
import { Hub, type Reader } from "./hub.ts";
import type { Told } from "./told.ts";

/** A hub on a store of its own, whose clock stands still but for the hub's. */
function openHub(t: TestContext, scriptLogs?: ScriptLogReader) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-hub-"));
  const store = openStore(folder);
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const context: SnapshotContext = {
    store,
    clock: () => 1_000,
    region: "eu-west-1",
    accountId: "123456789012",
    lastSeen: () => undefined,
    presence: { factsOf: () => undefined, all: () => new Map() },
    scriptLogs,
    audit: { readByFilter: () => ({ entries: [], total: 0 }) },
  };
  const hub = new Hub(context, (error) => assert.fail(String(error)));
  const note = (because: string) =>
    store.write(() => store.events.append({ at: 1, kind: "note", application: "shop", group: "prod", because }));
  return { hub, note, store };
}

/** A reader that keeps what it is told, as long as it is willing to. */
function newReader(cursor = 0, sight: Reader["sight"] = { audit: true }) {
  const told: Told[] = [];
  const resyncs: string[] = [];
  const reader = {
    topics: [{ name: "events" as const }],
    sight,
    cursor,
    isWilling: true,
    take(deltas: readonly Told[]) {
      told.push(...deltas);
      return reader.isWilling;
    },
    resync: (_: number, why: string) => void resyncs.push(why),
  };
  return { reader, told, resyncs };
}

test("who reads slowly is told nothing more until it has read, and then what it has missed at once", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { hub, note } = openHub(t);
  const [slow, quick] = [newReader(), newReader()];
  hub.add(slow.reader);
  hub.add(quick.reader);
  slow.reader.isWilling = false;
  for (const because of ["one", "two", "three"]) {
    await note(because);
    mock.timers.tick(250);
  }
  const whileSlow = slow.told.length;
  slow.reader.isWilling = true;
  hub.resume(slow.reader);

  assert.equal(whileSlow, 1, "nothing is kept for it");
  assert.equal(quick.told.length, 3);
  assert.equal(slow.told.length, 2);
  assert.match(slow.told[1]?.json ?? "", /two.*three/);
  assert.equal(slow.reader.cursor, quick.reader.cursor);
});

test("a delta is made once: all who may see everything are written the same bytes", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { hub, note } = openHub(t);
  const readers = Array.from({ length: 50 }, () => newReader());
  const narrow = newReader(0, { audit: false, groups: new Set(["other\nprod"]) });
  for (const { reader } of [...readers, narrow]) hub.add(reader);
  await note("one");
  mock.timers.tick(250);

  assert.equal(new Set(readers.map(({ told }) => told[0]?.frame)).size, 1);
  assert.equal(narrow.told.length, 0);
  assert.equal(narrow.reader.cursor, readers[0]?.reader.cursor, "it has missed nothing that is for it");
});

test("who has missed too much to be told reads again, and a hub without readers hears nothing", async (t) => {
  const { hub, note, store } = openHub(t);
  await note("one");
  await store.write(() => {
    for (let place = 0; place < 6_000; place += 1) store.events.append({ at: 1, kind: "note" });
  });
  const late = newReader(1);
  hub.add(late.reader);

  assert.deepEqual(late.resyncs, ["too slow"]);
  assert.equal(late.reader.cursor, store.events.newestCursor);
  hub.remove(late.reader);
  assert.equal(hub.size, 0);
});

/** Logs of scripts in memory, as the hub asks for them. */
function newLogs() {
  const kept: ScriptLine[] = [];
  const listeners = new Set<LogListener>();
  const reader: ScriptLogReader = {
    count: () => kept.length,
    read({ after = 0, fromEnd = false, limit = 1_000 }) {
      const found = kept.filter(({ position }) => position > after);
      const lines = fromEnd ? found.slice(-limit) : found.slice(0, limit);
      return { lines, next: lines.length < found.length ? lines.at(-1)?.position : undefined };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    reader,
    listeners,
    print: (...texts: readonly string[]) => {
      for (const text of texts)
        kept.push({ position: kept.length + 1, target: "i-1", event: "Install", line: kept.length + 1, at: 1, text });
      for (const listener of listeners) listener({ deploymentId: "d-1", target: "i-1", event: "Install" });
    },
  };
}

test("lines of scripts are told as they come, and many of them only as more", (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const logs = newLogs();
  const { hub } = openHub(t, logs.reader);
  logs.print("before");
  const { reader, told } = newReader();
  const follower: Reader = { ...reader, topics: [{ name: "logs", id: "d-1" }] };
  hub.add(follower);
  logs.print("\u001b]8;;http://evil.example\u0007one\u001b]8;;\u0007", "two");
  mock.timers.tick(250);
  logs.print(...Array.from({ length: 500 }, (_, place) => `line ${place}`));
  mock.timers.tick(250);
  logs.print("last");
  mock.timers.tick(250);
  hub.remove(follower);

  const deltas = told.map(({ json }) => JSON.parse(json) as { lines: { text: string }[]; more?: number }); // made by `render`
  assert.deepEqual(
    deltas.map(({ lines, more }) => [lines.length, lines[0]?.text, more]),
    [
      [0, undefined, 1],
      [2, "one", undefined],
      [200, "line 0", 1],
      [1, "last", undefined],
    ],
  );
  assert.equal(logs.listeners.size, 0);
});
