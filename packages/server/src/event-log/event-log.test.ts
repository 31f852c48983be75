import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { host, openPasses } from "../../test/open-passes.ts";
import { openStore } from "../store/index.ts";
import { HostPresence, silentAfterMilliseconds } from "./host-presence.ts";
import type { LoggedEvent } from "./logged-event.ts";

const id = "d-FIRST0000";

/** A store alone. */
function open(t: TestContext, eventsMax?: number) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-events-"));
  let store = openStore(folder, { eventsMax, onDefect: (error) => assert.fail(String(error)) });
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const note = (because: string) => store.events.append({ at: 1, kind: "note", because });
  return {
    store,
    note,
    restart: () => {
      store.close();
      store = openStore(folder);
      return store;
    },
  };
}

const words = ({ kind, target, event, from, to }: LoggedEvent) =>
  [kind, target, event, from ?? "", to].filter((word) => word !== undefined).join(" ");

test("a deployment's changes are events in order, each with its reason and its actor", async (t) => {
  const { store, record, wake, settled } = await openPasses(t);
  const told: LoggedEvent[] = [];
  store.events.subscribe((events) => void told.push(...events));
  await record(id);
  wake(id);
  await settled();
  const [command] = store.commands.openFor(host);
  const report = (kind: "acknowledged" | "completed") =>
    store.write(() =>
      store.commands.addReport(
        { commandId: command?.id ?? "", at: 5_000, ...(kind === "completed" ? { kind, status: "Failed" } : { kind }) },
        id,
      ),
    );
  const acknowledged = report("acknowledged");
  wake(id);
  await acknowledged;
  const completed = report("completed");
  wake(id);
  await completed;
  await settled();

  const { events, next } = store.events.read({ deploymentId: id });

  assert.equal(next, undefined);
  assert.deepEqual(events.map(words), [
    "deployment  Created",
    "fleet selected  Succeeded",
    "deployment Created InProgress",
    "targets  Pending",
    "target web Pending InProgress",
    "lifecycle event web ApplicationStop Pending InProgress",
    "lifecycle event web ApplicationStop InProgress Failed",
    "target web InProgress Failed",
    "note ",
    "deployment InProgress Failed",
  ]);
  assert.deepEqual(told, events, "listeners get the same as readers");
  assert.deepEqual(
    events.map(({ cursor }) => cursor),
    events.map((_, place) => place + 1),
  );
  assert.equal(store.events.newestCursor, events.length);
  assert(events.every(({ application, group }) => application === "shop" && group === id));
  assert.deepEqual(
    events.filter(({ kind }) => kind === "lifecycle event").map(({ actor, at }) => [actor, at]),
    [
      ["host", 5_000],
      ["host", 5_000],
    ],
  );
});

test("what is rolled back was never an event, and has no cursor", async (t) => {
  const { store, note } = open(t);
  const told: LoggedEvent[] = [];
  store.events.subscribe((events) => void told.push(...events));
  const first = store.write(() => note("one"));
  const failing = store.write(() => {
    note("undone");
    throw new Error("no");
  });
  const last = store.write(() => note("two"));
  await assert.rejects(failing, /no/);
  await Promise.all([first, last]);

  const { events } = store.events.read();

  assert.deepEqual(
    events.map(({ cursor, because }) => [cursor, because]),
    [
      [1, "one"],
      [2, "two"],
    ],
  );
  assert.deepEqual(told, events);
});

test("cursors go on rising after a restart, and after old events have been deleted", async (t) => {
  const { store, note, restart } = open(t, 10);
  for (let round = 0; round < 40; round += 1) await store.write(() => note(String(round)));
  assert.equal(store.events.newestCursor, 40);
  assert(store.events.oldestCursor > 1, "old events are gone");
  assert(store.events.read().events.length >= 10, "and the newest are kept");

  const again = restart();

  assert.equal(again.events.newestCursor, 40);
  await again.write(() => again.events.append({ at: 1, kind: "note" }));
  assert.equal(again.events.newestCursor, 41);
});

test("events are read by pages, in both directions, and by what they are about", async (t) => {
  const { store } = open(t);
  const count = 1_000;
  await store.write(() => {
    for (let place = 0; place < count; place += 1)
      store.events.append({ at: place, kind: place % 2 === 0 ? "target" : "note", target: `i-${place % 3}` });
  });
  const forward: number[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = store.events.read({ after, limit: 7, kinds: ["target"], target: "i-0" });
    forward.push(...page.events.map(({ cursor }) => cursor));
    after = page.next;
  }
  const backward: number[] = [];
  for (let before: number | undefined = count + 1; before !== undefined;) {
    const page = store.events.read({ before, limit: 11, kinds: ["target"], target: "i-0", newestFirst: true });
    backward.push(...page.events.map(({ cursor }) => cursor));
    before = page.next;
  }

  assert.equal(forward.length, Math.ceil(count / 6));
  assert.deepEqual(backward.toReversed(), forward);
  assert.deepEqual(
    store.events.read({ after: 998 }).events.map(({ cursor }) => cursor),
    [999, 1_000],
  );
  assert.deepEqual(
    store.events.read({ after: 10, before: 12 }).events.map(({ cursor }) => cursor),
    [11],
  );
});

test("a listener that fails spoils nothing, and can be taken away", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-events-"));
  const defects: unknown[] = [];
  const store = openStore(folder, { onDefect: (error) => void defects.push(error) });
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const end = store.events.subscribe(() => {
    throw new Error("a listener's own");
  });

  assert.equal(await store.write(() => (store.events.append({ at: 1, kind: "note" }), 7)), 7);
  assert.equal(defects.length, 1);
  end();
  await store.write(() => store.events.append({ at: 1, kind: "note" }));
  assert.equal(defects.length, 1);
});

test("a host is seen, silent after five minutes, and seen again", async (t) => {
  const { store } = open(t);
  let now = 1_000;
  const presence = new HostPresence({
    store,
    clock: () => now,
    lastSeen: () => 1_000,
    onDefect: (error) => assert.fail(String(error)),
  });
  presence.seen("web-1", "1.7.0");
  presence.seen("web-1", "1.7.0");
  presence.check();
  now += silentAfterMilliseconds;
  presence.check();
  presence.check();
  presence.seen("web-1", "1.8.0");
  await store.write(() => {});

  const { events } = store.events.read({ kinds: ["host"], target: "web-1" });

  assert.deepEqual(
    events.map(({ to, detail }) => [to, detail?.agentVersion]),
    [
      ["Seen", "1.7.0"],
      ["Silent", "1.7.0"],
      ["Seen", "1.8.0"],
    ],
  );
});
