import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { host, openPasses } from "../../../../test/open-passes.ts";
import { openScriptLogs } from "../../../store/script-logs.ts";
import { Viewer } from "../../rights/viewer.ts";
import type { SnapshotContext } from "../context.ts";
import { logs } from "./logs.ts";

const id = "d-FIRST0000";

/** A deployment whose only host has failed its first event, and everything that an administrator asks it for. */
async function openFailure(t: TestContext) {
  const { store, folder, record, wake, settled } = await openPasses(t);
  await record(id);
  wake(id);
  await settled();
  const [command] = store.commands.openFor(host);
  const diagnostics = {
    errorCode: "ScriptFailed",
    scriptName: "stop.sh",
    message: "exit 1",
    logTail: "[stdout]tail one\n[stderr]tail two\n",
  } as const;
  const report = store.write(() =>
    store.commands.addReport(
      { commandId: command?.id ?? "", at: 5_000, kind: "completed", status: "Failed", diagnostics },
      id,
    ),
  );
  wake(id);
  await report;
  await settled();
  const scriptLogs = openScriptLogs(folder);
  t.after(() => scriptLogs.close());
  const context: SnapshotContext = {
    store,
    clock: () => 6_000,
    region: "us-east-1",
    accountId: "123456789012",
    lastSeen: () => undefined,
    presence: { factsOf: () => undefined, all: () => new Map() },
    audit: { readByFilter: () => ({ entries: [], total: 0 }) },
    scriptLogs,
  };
  const session = { id: "s", accessKeyId: "k", userId: "u", createdAt: 0, lastUsedAt: 0, expiresAt: 9_000 };
  const principal = { accountId: "123456789012", arn: "arn:aws:iam::123456789012:root", userId: "u" };
  const call = { requestId: "r", region: "us-east-1", principal, accessKeyId: "k", endpoint: "", receivedAt: 6_000 };
  const viewer = new Viewer({ serviceOf: () => assert.fail() }, session, {
    ...call,
    signal: new AbortController().signal,
  });
  return {
    read: (query: string) => logs(viewer, context, { id, query: new URLSearchParams(query) }),
    print: (event: string, lines: readonly string[], target = "web") =>
      scriptLogs.append({ deploymentId: id, target, event, first: 1, lines, at: 5_000 }),
  };
}

const numbered = (count: number, what: string) =>
  Array.from({ length: count }, (_, place) => `[stdout]${what} ${place + 1}`);
const texts = ({ lines }: { readonly lines: readonly { readonly text: string }[] }) => lines.map(({ text }) => text);

test("without whole logs the ends that agents report are the log", async (t) => {
  const { read } = await openFailure(t);
  const found = await read("around=failure");

  assert.deepEqual([found.isWhole, found.total, texts(found)], [false, 2, ["tail one", "tail two"]]);
  assert.deepEqual(
    found.lines.map(({ stream, script, event }) => [stream, script, event]),
    [
      ["stdout", "stop.sh", "ApplicationStop"],
      ["stderr", "stop.sh", "ApplicationStop"],
    ],
  );
  assert.match(found.cut ?? "", /2,048/);
  assert.deepEqual(texts(await read("q=TWO")), ["tail two"]);
});

test("a long log opens at its failure, grows at both ends, and is searched", async (t) => {
  const { read, print } = await openFailure(t);
  await print("BeforeInstall", numbered(900, "before"));
  await print("ApplicationStop", [...numbered(700, "stop"), "[stderr]Error: it hurts"]);
  await print("Install", numbered(900, "after"));

  const opened = await read("around=failure&limit=100");
  const earlier = await read(`before=${opened.earlier}&limit=100`);
  const later = await read(`after=${opened.later}&limit=100`);
  const end = await read("limit=10");
  const found = await read("q=HURTS");

  assert.equal(opened.isWhole, true);
  assert.equal(opened.total, 2_501);
  assert.deepEqual([texts(opened)[49], texts(opened)[50]], ["Error: it hurts", "after 1"]);
  assert.equal(opened.lines[49]?.level, "error");
  assert.equal(texts(earlier).at(-1), "stop 651", "what stands before the first line that was shown");
  assert.equal(texts(later)[0], "after 51");
  assert.equal(texts(end).at(-1), "after 900");
  assert.equal(end.later, undefined);
  assert.deepEqual(texts(found), ["Error: it hurts"]);
  assert.equal(found.earlier, undefined);
  assert.equal((await read("event=Install")).total, 900);
  assert.deepEqual(texts(await read("target=other")), []);
});

test("lines steer nothing: links, titles and other commands for terminals are gone, colours stay", async (t) => {
  const { read, print } = await openFailure(t);
  await print("Install", [
    "\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007 \u001b[31mred\u001b[0m \u001b[2Jx\u202e",
    "<img src=x onerror=alert(1)>",
  ]);

  assert.deepEqual(texts(await read("event=Install")), [
    "click \u001b[31mred\u001b[0m x",
    "<img src=x onerror=alert(1)>",
  ]);
  await assert.rejects(read("around=everything"), { status: 400 });
  await assert.rejects(read("after=-1"), { status: 400 });
});
