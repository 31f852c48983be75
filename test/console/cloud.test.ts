import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import type { ActionAnswer, Cloud, StreamBatch } from "@sluice/server/console-contract";
import { newUser } from "../identity/principals.ts";
import { type ConsoleFixture, openConsoleFixture } from "./console-fixture.ts";

async function newAlarm(fixture: ConsoleFixture, AlarmName: string) {
  const client = new CloudWatchClient(fixture.as());
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName,
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 1,
      MetricName: "errors",
      Namespace: "shop",
      Period: 60,
      Statistic: "Sum",
      Threshold: 1,
    }),
  );
  client.destroy();
}

test("the local cloud is what its own services show to the session's principal", async (t) => {
  const fixture = await openConsoleFixture(t);
  const { ask } = fixture;
  await newAlarm(fixture, "too many errors");
  const key = await newUser(fixture, "ada", {
    Effect: "Allow",
    Action: ["sluice:CreateConsoleCode", "cloudwatch:DescribeAlarms"],
    Resource: "*",
  });
  const [all, some] = [await fixture.logIn(), await fixture.logIn(key)];

  const whole = await ask<Cloud>("/console/api/cloud", { as: all });
  const narrow = await ask<Cloud>("/console/api/cloud", { as: some });

  assert.equal(whole.status, 200);
  assert.equal(whole.body.where, "local");
  for (const part of [
    "instances",
    "loadBalancers",
    "targetGroups",
    "scalingGroups",
    "functions",
    "services",
    "buckets",
    "topics",
    "roles",
  ] as const) {
    assert(Array.isArray(whole.body[part]), `${part}: ${JSON.stringify(whole.body[part])}`);
    const refused = narrow.body[part];
    assert("unreadable" in refused && refused.because === "right", `${part}: ${JSON.stringify(refused)}`);
  }
  for (const { alarms } of [whole.body, narrow.body])
    assert.deepEqual(Array.isArray(alarms) && alarms.map(({ name }) => name), ["too many errors"]);
  assert.equal(whole.body.can["set-alarm"]?.isAllowed, true);
  assert.equal(narrow.body.can["set-alarm"]?.isAllowed, false);
});

test("an action on the cloud is its service's own operation, judged and recorded as that", async (t) => {
  const fixture = await openConsoleFixture(t);
  const { ask, logIn } = fixture;
  await newAlarm(fixture, "too many errors");
  const key = await newUser(fixture, "ada", { Effect: "Allow", Action: "sluice:CreateConsoleCode", Resource: "*" });
  const [as, powerless] = [await logIn(), await logIn(key)];
  const action = "/console/api/actions/set-alarm";
  const body = { name: "too many errors", state: "ALARM", reason: "a drill" };

  const denied = await ask(action, { method: "POST", as: powerless, body });
  const unknown = await ask(action, { method: "POST", as, body: { ...body, state: "LOUD" } });
  const done = await ask<ActionAnswer>(action, { method: "POST", as, body });
  const cloud = await ask<Cloud>("/console/api/cloud", { as });
  const audit = await ask("/console/api/audit?operation=SetAlarmState", { as });

  assert.deepEqual([denied.status, unknown.status, done.status], [403, 400, 200]);
  const { alarms } = cloud.body;
  assert.deepEqual(Array.isArray(alarms) && alarms.map(({ state }) => state), ["ALARM"]);
  assert.match(audit.text, /AccessDenied/);
  assert.match(audit.text, /Succeeded/);
});

test("who looks at the cloud hears which parts have changed", async (t) => {
  const fixture = await openConsoleFixture(t);
  const as = await fixture.logIn();
  const first = fixture.ask<StreamBatch>("/console/stream?topics=cloud&wait=25", { as });
  const told = { isOver: false };
  void first.then(() => (told.isOver = true));
  for (let alarm = 0; !told.isOver && alarm < 500; alarm += 1) await newAlarm(fixture, `alarm ${alarm}`);

  const { body } = await first;
  const [delta] = body.deltas;
  assert(delta?.topic === "cloud" && delta.parts.includes("alarms"), JSON.stringify(body));
});
