import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openScriptLogs } from "../store/script-logs.ts";

const about = { deploymentId: "d-1", target: "i-1", event: "ValidateService", at: 7 };

function open(t: TestContext, bytesMax?: number) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-script-logs-"));
  let logs = openScriptLogs(folder, { bytesMax });
  t.after(() => {
    logs.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    logs,
    restart: () => {
      logs.close();
      logs = openScriptLogs(folder, { bytesMax });
      return logs;
    },
  };
}

const numbered = (count: number, width = 20) =>
  Array.from({ length: count }, (_, place) => `[stdout]${String(place).padStart(width, "0")}`);

test("lines are kept with their script, stream and number, and are read in order", async (t) => {
  const { logs, restart } = open(t);
  await logs.append({
    ...about,
    first: 1,
    lines: ["LifecycleEvent - ValidateService", "Script - a.sh", "[stdout]one"],
  });
  await logs.append({ ...about, first: 4, lines: ["[stderr]two", "Script - b.sh", "[stdout]three"] });

  const { lines, next } = restart().read({ deploymentId: "d-1" });

  assert.equal(next, undefined);
  assert.deepEqual(
    lines.map(({ line, script, stream, text }) => [line, script, stream, text]),
    [
      [1, undefined, undefined, "LifecycleEvent - ValidateService"],
      [2, "a.sh", undefined, "Script - a.sh"],
      [3, "a.sh", "stdout", "one"],
      [4, "a.sh", "stderr", "two"],
      [5, "b.sh", undefined, "Script - b.sh"],
      [6, "b.sh", "stdout", "three"],
    ],
  );
});

test("what an agent repeats is kept once, also after a restart, and a gap stays a gap", async (t) => {
  const { logs, restart } = open(t);
  await logs.append({ ...about, first: 1, lines: ["a", "b"] });
  await logs.append({ ...about, first: 1, lines: ["a", "b", "c"] });
  const again = restart();
  await again.append({ ...about, first: 2, lines: ["b", "c"] });
  await again.append({ ...about, first: 10, lines: ["j"] });

  assert.deepEqual(
    again.read({ deploymentId: "d-1" }).lines.map(({ line, text }) => `${line} ${text}`),
    ["1 a", "2 b", "3 c", "10 j"],
  );
});

test("lines are found by text over all targets, page by page, and from the end", async (t) => {
  const { logs } = open(t);
  for (const target of ["i-1", "i-2", "i-3"]) await logs.append({ ...about, target, first: 1, lines: numbered(3_000) });
  const found: string[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = logs.read({ deploymentId: "d-1", search: "00007", after, limit: 4 });
    found.push(...page.lines.map(({ target, line }) => `${target} ${line}`));
    after = page.next;
  }
  assert.equal(found.filter((line) => line.startsWith("i-2 ")).length, 111, "7, 70 to 79 and 700 to 799");
  assert.equal(found.length, 333);

  const end = logs.read({ deploymentId: "d-1", target: "i-2", fromEnd: true, limit: 2 });
  assert.deepEqual(
    end.lines.map(({ line }) => line),
    [2_999, 3_000],
  );
  assert.equal(logs.count({ deploymentId: "d-1", target: "i-2" }), 3_000);
  assert.deepEqual(logs.read({ deploymentId: "d-2" }).lines, []);
});

test("an event that prints without end keeps its beginning and its end", async (t) => {
  const { logs } = open(t);
  for (let first = 1; first <= 20_000; first += 1_000)
    await logs.append({ ...about, first, lines: numbered(1_000, 400) });

  const { lines } = logs.read({ deploymentId: "d-1", limit: 100_000 });

  assert.equal(lines[0]?.line, 1);
  assert.equal(lines.at(-1)?.line, 20_000);
  assert(lines.length < 12_000 && lines.length > 8_000, `${lines.length} lines are kept`);
});

test("when there are too many lines the oldest go", async (t) => {
  const { logs } = open(t, 100_000);
  for (let deployment = 1; deployment <= 20; deployment += 1)
    await logs.append({ ...about, deploymentId: `d-${deployment}`, first: 1, lines: numbered(100, 100) });

  assert.equal(logs.count({ deploymentId: "d-1" }), 0);
  assert.equal(logs.count({ deploymentId: "d-20" }), 100);
});

test("listeners are told of new lines", async (t) => {
  const { logs } = open(t);
  const told: unknown[] = [];
  const end = logs.subscribe((news) => void told.push(news));
  await logs.append({ ...about, first: 1, lines: ["a"] });
  end();
  await logs.append({ ...about, first: 2, lines: ["b"] });

  assert.deepEqual(told, [{ deploymentId: "d-1", target: "i-1", event: "ValidateService" }]);
});
