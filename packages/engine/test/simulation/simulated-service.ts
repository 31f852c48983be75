// One deployment to a made-up ECS service and its rollback, from creation to end: hooks that fail or say nothing, tasks
// that never get healthy, checkpoints that a crash loses, stops, strangers at the listener, task sets that vanish.
import assert from "node:assert/strict";
import {
  type EcsPlan,
  greenPercent,
  isOver,
  newDeployment,
  type Outcome,
  rollback,
  type TrafficRouting,
  type World,
} from "../../src/index.ts";
import { FakeService, pair, servicePlan } from "../fake-service.ts";
import { type GatewayFate, passWithGateway, randomRouting } from "./gateway-pass.ts";
import { Random } from "./random.ts";

const minute = 60_000;

/** How long a deployment may be played, in minutes: longer than the longest that may be drawn. */
const minutesMax = 4000;

/** What happens to a deployment, drawn before it begins. */
interface Fate extends GatewayFate {
  readonly stopAt?: number | undefined;
  readonly strangerAt?: number | undefined;
  readonly vanishAt?: number | undefined;
  readonly continueAt?: number | undefined;
}

/** Plays the deployment that a seed stands for; throws at the first invariant that does not hold. Returns how it ended. */
export function simulateService(seed: number): Outcome {
  const random = new Random(seed);
  const routing = randomRouting(random);
  const minuteOf = (likely: number) => (random.chance(likely) ? random.integer(0, 60) : undefined);
  const fate: Fate = {
    hook: random.pick(["none", "says Succeeded", "says Failed", "is silent"]),
    stopAt: minuteOf(0.2),
    strangerAt: minuteOf(0.2),
    vanishAt: minuteOf(0.15),
    continueAt: minuteOf(0.7),
    lost: random.pick([0, 0.1, 0.5]),
  };
  const service = new FakeService();
  service.scaling = random.chance(0.5) ? "on" : "none";
  service.areTasksHealthy = random.chance(0.9);
  const hook = random.pick(["BeforeInstall", "AfterAllowTestTraffic", "AfterAllowTraffic"] as const);
  const plan = servicePlan(routing, {
    hook: fate.hook === "none" ? undefined : hook,
    readyWait: random.chance(0.3) ? 30 * minute : undefined,
    originalTasks: random.pick(["TERMINATE", "KEEP_ALIVE"]),
    terminationWait: random.pick([0, 5 * minute]),
  });
  const world = play(service, { plan, id: "d-1", fate, random });
  isOnPlan(service, routing);
  assert.notEqual(service.scaling, "suspended", "SCALING: what was suspended is resumed");
  const { status } = world.deployment;
  if (status === "Succeeded") servesGreen(service, plan, fate);
  else rollBack(service, { world, fate, random });
  assert(isOver(world.deployment));
  return world.deployment.status;
}

interface Played {
  readonly plan: EcsPlan;
  readonly id: string;
  readonly fate: Fate;
  readonly random: Random;
}

function play(service: FakeService, { plan, id, fate, random }: Played): World {
  const about = { id, createTime: 0, kind: "ecs", ignoreApplicationStopFailures: false } as const;
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 } as const;
  let world: World = {
    now: 0,
    targets: [],
    reports: [],
    instanceStates: {},
    deployment: newDeployment({ ...about, minimumHealthyHosts, ecs: plan }),
  };
  let diverted = false;
  for (let at = 0; !isOver(world.deployment); at += 1) {
    assert(at < minutesMax, "WAIT: every deployment ends");
    world = { ...world, now: at * minute };
    if (at === fate.strangerAt) {
      service.divert();
      diverted = true;
    }
    if (at === fate.vanishAt) service.lose(id);
    if (at === fate.stopAt) world = asked(world, { stopRequestedAt: world.now });
    if (at === fate.continueAt && world.deployment.status === "Ready")
      world = asked(world, { continueRequestedAt: { READY_WAIT: world.now } });
    world = passWithGateway(world, service, { fate, random });
    if (diverted) assert.deepEqual(service.listeners["production"], { elsewhere: 1 }, "FOREIGN: not overwritten");
  }
  return world;
}

const asked = (world: World, fields: Partial<World["deployment"]>): World => ({
  ...world,
  deployment: { ...world.deployment, ...fields },
});

/** Traffic has only moved forward, one planned step at a time. */
function isOnPlan({ history }: FakeService, routing: TrafficRouting): void {
  let before = 0;
  for (const percent of history) {
    assert(percent > before, "SHIFT: traffic only moves forward");
    before = percent;
    if (routing.type === "AllAtOnce") assert.equal(percent, 100, "SHIFT: all at once is all");
    else if (percent !== 100) assert.equal(percent % routing.percent, 0, "SHIFT: a part is a multiple of the step");
  }
}

const isDiverted = ({ listeners }: FakeService) => listeners["production"]?.["elsewhere"] !== undefined;

/** After a success the replacement has all traffic, and is the primary task set; the original one is gone, or kept. */
function servesGreen(service: FakeService, { originalTasks }: EcsPlan, { vanishAt }: Fate): void {
  if (!isDiverted(service)) {
    assert.equal(greenPercent({ weights: service.listeners["production"] ?? {} }, pair), 100, "FINISH: all has moved");
    assert.equal(greenPercent({ weights: service.listeners["test"] ?? {} }, pair), 100, "FINISH: test traffic, too");
  }
  if (vanishAt !== undefined) return; // somebody may have deleted it after it had the traffic
  const kept = originalTasks === "KEEP_ALIVE" ? ["ecs-svc/1 ACTIVE"] : [];
  const shown = service.taskSets.map(({ id, status }) => `${id} ${status}`);
  assert.deepEqual(shown, [...kept, "ecs-svc/2 PRIMARY"], "FINISH: the replacement serves");
}

/** After a rollback the original task set has all traffic again, and the replacement is gone. */
function rollBack(
  service: FakeService,
  { world, fate, random }: { readonly world: World; readonly fate: Fate; readonly random: Random },
): void {
  const configuration = {
    enabled: true,
    events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
  } as const;
  const { deployment, targets } = world;
  const owed = rollback({ deployment, targets, creator: "user", configuration, hasLastSuccessful: false });
  if (owed.is === "owed") {
    assert(owed.kind === "ecs");
    const calm: Fate = { hook: "none", lost: fate.lost };
    const { status } = play(service, { plan: owed.ecs, id: "d-2", fate: calm, random }).deployment;
    assert.equal(status, "Succeeded", "ROLLBACK: the original tasks run, so it succeeds");
  }
  const shown = service.taskSets.map(({ id, status }) => `${id} ${status}`);
  assert.deepEqual(shown, ["ecs-svc/1 PRIMARY"], "ROLLBACK: the original task set serves alone");
  for (const name of ["production", "test"])
    if (name === "test" || !isDiverted(service))
      assert.equal(greenPercent({ weights: service.listeners[name] ?? {} }, pair), 0, `ROLLBACK: ${name} is back`);
}
