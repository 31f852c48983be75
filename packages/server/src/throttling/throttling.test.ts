import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostics, Target } from "@sluice/engine";
import { overLimitLog } from "./limits.ts";
import { LogBudget } from "./log-budget.ts";
import { RequestRates } from "./request-rates.ts";

test("a key has so many requests a second, twice as many at once, and takes nothing from others", () => {
  let now = 0;
  const rates = new RequestRates(10, () => now);
  const taken = (key: string) => Array.from({ length: 100 }, () => rates.take(key)).filter(Boolean).length;

  assert.equal(taken("a"), 20);
  assert.equal(taken("b"), 20);
  now += 500;
  assert.equal(taken("a"), 5);
  now += 60_000;
  assert.equal(taken("a"), 20);
  now -= 60_000; // a clock that is set back gives nothing, and takes nothing away
  assert.equal(taken("a"), 0);
  now += 1_000;
  assert.equal(taken("a"), 10);
});

test("the logs of a deployment are cut at their limit, those of before a restart counted, and others are not", () => {
  const over: string[] = [];
  const stored = [{ events: [{ diagnostics: { logTail: "12345" } }] }] as unknown as readonly Target[]; // what is counted of targets
  const budget = new LogBudget(
    10,
    (id) => (id === "d-1" ? stored : []),
    (limit, whose) => over.push(`${limit} ${whose}`),
  );
  const failed = (logTail: string): Diagnostics => ({
    errorCode: "ScriptFailed",
    scriptName: "s",
    message: "m",
    logTail,
  });
  const cut = "[cut: this deployment's logs have reached their limit]";

  assert.equal(budget.take("d-1", failed("abc")).logTail, "abc");
  assert.equal(budget.take("d-1", failed("first, last")).logTail, `${cut}\nst`);
  assert.equal(budget.take("d-1", failed("x")).logTail, cut);
  assert.equal(budget.take("d-1", failed("")).logTail, "");
  assert.equal(budget.take("d-2", failed("0123456789")).logTail, "0123456789");
  assert.deepEqual(over, ["logBytes d-1", "logBytes d-1"]);
});

test("who is over a limit is in the log once a minute, and counted every time", () => {
  let now = 0;
  const lines: object[] = [];
  let count = 0;
  const over = overLimitLog(() => now, { log: (about) => lines.push(about), count: () => (count += 1) });

  for (const _ of [1, 2, 3]) over("requests", "AKIA1");
  over("requests", "AKIA2");
  now += 60_000;
  over("requests", "AKIA1");

  assert.deepEqual(lines, [
    { limit: "requests", whose: "AKIA1" },
    { limit: "requests", whose: "AKIA2" },
    { limit: "requests", whose: "AKIA1" },
  ]);
  assert.equal(count, 5);
});
