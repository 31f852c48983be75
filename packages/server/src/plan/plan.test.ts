import assert from "node:assert/strict";
import { test } from "node:test";
import { type FleetMember, forecast, newDeployment, type World } from "@sluice/engine";
import { assumptionsOf, copyOf } from "./assumed.ts";
import { type PlanFacts, planOf } from "./make-plan.ts";
import { troubleOf, unknownIn, type WhatIf } from "./what-if.ts";

const members = (count: number): readonly FleetMember[] =>
  Array.from({ length: count }, (_, place) => ({
    ...{ id: `i-${place}`, arn: `arn:aws:ec2:x:instance/i-${place}`, hostIdentifier: `i-${place}`, state: "running" },
    ...{ health: "Healthy", revision: "Old", zone: `zone-${"ab"[place % 2]}`, tieBreaker: place },
  }));

const facts: PlanFacts = {
  application: "shop",
  group: "web",
  revision: "s3://b/2.zip",
  configuration: "Custom.90",
  left: [],
  basis: "durations: made up",
  warnings: [],
  whys: new Map(),
};

function planned(count: number, whatIf: WhatIf = {}, percent = 90) {
  const found = members(count);
  const deployment = newDeployment({
    id: "d-1",
    createTime: 0,
    kind: "in-place",
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: percent },
    ignoreApplicationStopFailures: false,
  });
  const world: World = {
    ...{ now: 0, deployment, targets: [], reports: [], instanceStates: {} },
    fleets: { selected: { found } },
  };
  const known = { events: new Map([["Install", 60_000] as const]), steps: new Map(), from: [] };
  const assumptions = assumptionsOf({ known, fleets: {} });
  return planOf(forecast(world, { ...assumptions, troubleOf: troubleOf(whatIf) }), facts);
}

test("a plan tells waves with their times, in numbers and as lines with a picture of time", () => {
  const plan = planned(20);

  assert.equal(plan.outcome, "Succeeded");
  assert.equal(plan.sentence, "Would succeed: 20 targets in 10 waves, 20 min");
  assert.equal(plan.minutes, 20);
  assert.deepEqual(plan.targets[2], { id: "i-2", zone: "zone-a", why: "", wave: 2 });
  assert.match(
    plan.text[2] ?? "",
    /^ {2}0:00 – 2:00 {7}██·+ {2}wave 1: 2 targets from ApplicationStop: i-0, i-1 {2}# 0 in flight/,
  );
});

test("of a thousand waves the first and the last ones are lines, and all of them are numbers", () => {
  const plan = planned(100, {}, 99);

  assert.equal(plan.waves.length, 100);
  assert(plan.text.length < 25);
  assert(plan.text.includes("  (waves 13 to 98 are like these)"));
});

test("trouble ends a plan by the rule that would end the deployment, with the same words", () => {
  const failing = planned(20, { failFirst: 3 });
  assert.equal(failing.outcome, "Failed");
  assert.match(
    failing.sentence,
    /^Would end as Failed after 2 min: 2 of 20 failed, as many as may be unavailable under Custom\.90 \(FLEET_PERCENT 90: 18 of 20 must stay healthy\); 18 not tried$/,
  );
  assert.deepEqual([failing.rule?.failed, failing.rule?.allowed], [2, 2]);
  assert.equal(planned(20, { failFirst: 1 }).outcome, "Succeeded", "one may fail");
  assert.equal(planned(20, { fail: ["i-7", "i-8"] }).outcome, "Failed");
  assert.equal(planned(20, { zoneDown: "zone-b" }).outcome, "Failed");
});

test("trouble that names nobody is told", () => {
  assert.match(unknownIn({ fail: ["i-x"] }, members(2)) ?? "", /"i-x" is none of its 2 hosts/);
  assert.match(unknownIn({ zoneDown: "moon" }, members(2)) ?? "", /they are in zone-a, zone-b/);
  assert.equal(unknownIn({ fail: ["i-1"], zoneDown: "zone-a" }, members(2)), undefined);
});

test("a copied group is as large as the original one", () => {
  assert.equal(copyOf(members(3)).length, 3);
});
