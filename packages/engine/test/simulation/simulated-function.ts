// One deployment to a made-up function, from its creation to its end: hooks that fail or say nothing, notes that a crash loses, stops, and strangers at the alias.
import assert from "node:assert/strict";
import { isOver, newDeployment, type Outcome, type TrafficRouting, type World } from "../../src/index.ts";
import { FakeFunction, planFor } from "../fake-function.ts";
import { passWithGateway, randomRouting } from "./gateway-pass.ts";
import { Random } from "./random.ts";

const minute = 60_000;

/** How long a deployment may be played, in minutes: longer than the longest that may be drawn. */
const minutesMax = 4000;

/** Plays the deployment of a seed, and returns its outcome. Throws at the first violated invariant. */
export function simulateFunction(seed: number): Outcome {
  const random = new Random(seed);
  const routing = randomRouting(random);
  const fate = {
    hook: random.pick(["none", "says Succeeded", "says Failed", "is silent"] as const),
    stopAt: random.chance(0.25) ? random.integer(0, 60) : undefined,
    strangerAt: random.chance(0.25) ? random.integer(0, 60) : undefined,
    lost: random.pick([0, 0.1, 0.5]),
  };
  const made = new FakeFunction();
  const hooks = fate.hook === "none" ? {} : { hooks: { BeforeAllowTraffic: "check" } };
  const lambda = planFor({ from: "1", to: "2" }, routing, hooks);
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 } as const;
  const about = { id: "d-1", createTime: 0, kind: "lambda", ignoreApplicationStopFailures: false } as const;
  let world: World = {
    now: 0,
    targets: [],
    reports: [],
    instanceStates: {},
    deployment: newDeployment({ ...about, minimumHealthyHosts, lambda }),
  };
  let strangers = 0;
  for (let at = 0; !isOver(world.deployment); at += 1) {
    assert(at < minutesMax, "WAIT: every deployment ends");
    world = { ...world, now: at * minute };
    if (at === fate.strangerAt) {
      made.set("3", {});
      strangers = made.history.length;
    }
    if (at === fate.stopAt) world = { ...world, deployment: { ...world.deployment, stopRequestedAt: world.now } };
    world = passWithGateway(world, made, { fate, random });
    if (strangers > 0)
      assert.equal(made.history.length, strangers, "FOREIGN: what a stranger has set is not overwritten");
    isOnPlan(made, routing, world);
  }
  return end(world, made, { strangers });
}

/** Every state that the alias has had is a step of the plan, and none came before its minute. */
function isOnPlan({ history }: FakeFunction, routing: TrafficRouting, { now, targets }: World): void {
  const began = targets[0]?.events.find(({ name }) => name === "AllowTraffic")?.startTime;
  let before = 0;
  for (const { version, weights } of history.filter((state) => state.version !== "3")) {
    const percent = version === "2" ? 100 : Math.round((weights["2"] ?? 0) * 100);
    assert(percent > before, "SHIFT: traffic only moves forward, one planned step at a time");
    before = percent;
    if (routing.type === "AllAtOnce") assert.equal(percent, 100, "SHIFT: all at once is all");
    else if (percent !== 100) assert.equal(percent % routing.percent, 0, "SHIFT: a part is a multiple of the step");
  }
  const steps = routing.type === "AllAtOnce" ? 0 : Math.floor((now - (began ?? now)) / minute / routing.minutes);
  const most =
    routing.type === "AllAtOnce" || (routing.type === "TimeBasedCanary" && steps >= 1)
      ? 100
      : Math.min(100, routing.percent * (steps + 1));
  assert(before <= most, `SHIFT: ${before} % have moved, and ${most} % were due`);
}

function end({ deployment }: World, made: FakeFunction, { strangers }: { readonly strangers: number }): Outcome {
  const { status } = deployment;
  assert(status === "Succeeded" || status === "Failed" || status === "Stopped", "WAIT: every deployment ends");
  const { version, weights } = made.alias;
  if (status === "Succeeded" && strangers === 0)
    assert.deepEqual(
      { version, weights },
      { version: "2", weights: {} },
      "FINISH: all traffic has moved, and no weight is left",
    );
  return status;
}
