// What a deployment is made of, or works on, is deleted at each stage of each kind: it ends, and says why.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Report,
  decide,
  type Deployment,
  type ErrorInformation,
  evolveAll,
  type FleetMember,
  isOver,
  newDeployment,
  type Checkpoint,
  type Effect,
  type World,
} from "../src/index.ts";
import { planFor } from "./fake-function.ts";
import { checkpointFor } from "./simulation/gateway.ts";

const minute = 60_000;

const host = (id: string): FleetMember => ({
  id,
  arn: `arn:aws:ec2:eu-west-1::instance/${id}`,
  hostIdentifier: id,
  state: "running",
  tieBreaker: 0,
  health: "Healthy",
  revision: "Old",
});
const fleets = {
  selected: [host("i-1"), host("i-2")],
  replacement: [host("g-1"), host("g-2")],
  replacementAgain: [host("g-1"), host("g-2")],
  selectedAgain: [host("i-1"), host("i-2")],
};
const balancers = { targetGroups: ["web"], classic: [] };
const blueGreen = { readyWait: 30 * minute, blueInstances: "TERMINATE", terminationWait: 10 * minute } as const;
const action = { scalingGroup: "fleet", hook: "hook", instance: "i-1" };

/** Every kind, with everything that it may have to do. */
const kinds: Readonly<Record<string, Pick<Deployment, "kind"> & Partial<Deployment>>> = {
  "in-place": { kind: "in-place", balancers, scalingGroups: ["fleet"], processesToSuspend: ["AZRebalance"] },
  "blue/green, copying": {
    kind: "blue-green",
    balancers,
    scalingGroups: ["fleet"],
    blueGreen: { ...blueGreen, provisioning: "COPY_AUTO_SCALING_GROUP", copyName: "copy" },
  },
  "blue/green, discovering": {
    kind: "blue-green",
    balancers,
    blueGreen: { ...blueGreen, provisioning: "DISCOVER_EXISTING" },
  },
  rerouting: { kind: "reroute", balancers, reroute: { back: fleets.selected, away: fleets.replacement } },
  launch: { kind: "launch", balancers, lifecycleAction: action },
  termination: { kind: "termination", balancers, lifecycleAction: action },
  lambda: {
    kind: "lambda",
    lambda: planFor(
      { from: "1", to: "2" },
      { type: "TimeBasedCanary", percent: 10, minutes: 5 },
      { hooks: { BeforeAllowTraffic: "check" } },
    ),
  },
};

/**
 * What happens at some turn of a deployment: something is deleted, a user requests something, or gateways fail from
 * then on.
 */
interface Trouble {
  readonly change?: ((deployment: Deployment) => Deployment) | undefined;
  readonly refusal?: ErrorInformation | undefined;
}

/** Plays a deployment that succeeds apart from the trouble. Returns its final world, and the turn in which it ended. */
function play(kind: string, trouble: Trouble = {}, at = Number.POSITIVE_INFINITY) {
  const deployment = newDeployment({
    id: "d-1",
    createTime: 0,
    ignoreApplicationStopFailures: false,
    minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
    ...(kinds[kind] ?? assert.fail(kind)),
  });
  let world: World = { now: 0, deployment, targets: [], reports: [], instanceStates: {} };
  let turnsAtGate = 0;
  for (let turn = 0; turn < 400; turn += 1) {
    if (turn === at && trouble.change !== undefined) world = { ...world, deployment: trouble.change(world.deployment) };
    const decisions = decide(world);
    world = evolveAll(world, decisions);
    if (isOver(world.deployment)) return { world, turn };
    const last = decisions.at(-1);
    if (last?.do === "look up fleet")
      world = { ...world, fleets: { ...world.fleets, [last.fleet]: { found: fleets[last.fleet] } } };
    const reports = open(world).map((one) => report(world, one, turn >= at ? trouble.refusal : undefined));
    const isAtGate = world.deployment.status === "Ready";
    const until = last?.do === "wait" && reports.length === 0 && !isAtGate ? last.until : undefined;
    world = { ...world, reports: reports, now: until ?? world.now + 1 };
    // A user continues the deployment, after two turns.
    turnsAtGate += isAtGate ? 1 : 0;
    if (turnsAtGate > 2) world = opened(world);
  }
  return assert.fail(`${kind} goes on for ever: ${JSON.stringify(decide(world).at(-1))}`);
}

const opened = (world: World): World => ({
  ...world,
  deployment: { ...world.deployment, continueRequestedAt: { READY_WAIT: world.now } },
});

type Open = { readonly id: string; readonly effect?: Effect | undefined };

function open({ deployment, targets }: World): readonly Open[] {
  const steps = deployment.steps.filter(({ status }) => status === "InProgress");
  const events = targets.flatMap((target) => target.events);
  const commands = events.flatMap(({ command, status }) =>
    command !== undefined && (status === "Pending" || status === "InProgress") ? [command] : [],
  );
  return [...steps, ...commands];
}

function report({ now }: World, { id, effect }: Open, refusal: ErrorInformation | undefined): Report {
  const about = { commandId: id, at: now, kind: "completed" } as const;
  if (effect === undefined || refusal === undefined)
    return { ...about, status: "Succeeded", ...(effect && checkpointing(effect)) };
  const diagnostics = { errorCode: "UnknownError", scriptName: "", message: refusal.message, logTail: "" } as const;
  return { ...about, status: "Failed", error: refusal, diagnostics };
}

function checkpointing(effect: Effect): { readonly checkpoint?: Checkpoint | undefined } {
  if (effect.kind === "check function") {
    const alias = { version: "1", weights: {}, revisionId: "r" };
    return { checkpoint: { functionFacts: { arn: "arn:f", alias, aliases: [], missing: [], missingHooks: [] } } };
  }
  if (effect.kind === "copy Auto Scaling group")
    return { checkpoint: { capacity: 2, suspended: { copy: ["AddToLoadBalancer"] } } };
  const checkpoint = checkpointFor(effect);
  return checkpoint === undefined ? {} : { checkpoint };
}

/** How many turns each kind takes when nothing is deleted. */
const undisturbed = Object.keys(kinds).map((kind) => ({ kind, ...play(kind) }));

test("every kind goes well when nothing is deleted", () => {
  for (const { kind, world } of undisturbed)
    assert.equal(world.deployment.status, "Succeeded", `${kind}: ${world.deployment.error?.message}`);
});

test("every kind ends at whatever stage its application or its deployment group is deleted", () => {
  for (const { kind, turn: turns } of undisturbed)
    for (const missing of ["APPLICATION_MISSING", "DEPLOYMENT_GROUP_MISSING"] as const)
      for (let at = 0; at <= turns; at += 1) {
        const { world } = play(kind, { change: (deployment) => ({ ...deployment, missing }) }, at);
        const { status, error, notes, steps } = world.deployment;
        // Every target is over by then, and what is left is to tidy up: it comes too late to change anything.
        if (at >= turns - 1 && status === "Succeeded") continue;
        assert.deepEqual([status, error?.code], ["Failed", missing], `${kind} at turn ${at}`);
        const isCopied = steps.some(({ checkpoint }) => checkpoint?.capacity !== undefined);
        assert.equal(
          notes.some((note) => note.startsWith("Left behind: the Auto Scaling group copy")),
          isCopied,
        );
      }
});

test("every kind ends when it is stopped and its deployment group is gone", () => {
  for (const { kind, turn: turns } of undisturbed)
    for (let at = 0; at <= turns; at += 1) {
      const gone = { missing: "DEPLOYMENT_GROUP_MISSING", stopRequestedAt: at } as const;
      const { world } = play(kind, { change: (deployment) => ({ ...deployment, ...gone }) }, at);
      assert(isOver(world.deployment), `${kind} at turn ${at}`);
    }
});

test("every kind ends at whatever stage its role, its load balancers, its Auto Scaling groups or its function are gone", () => {
  for (const { kind, turn: turns } of undisturbed)
    for (const code of ["IAM_ROLE_MISSING", "IAM_ROLE_PERMISSIONS", "INTERNAL_ERROR", "AUTO_SCALING_CONFIGURATION"])
      for (let at = 0; at <= turns; at += 1) {
        const refusal = { code, message: `${code}: it is gone` };
        const { status, error, notes } = play(kind, { refusal }, at).world.deployment;
        const isTold = error !== undefined || notes.some((note) => note.includes(refusal.message));
        assert(status === "Succeeded" || isTold, `${kind}, ${code} at turn ${at}: ${status}`);
        if (code.startsWith("IAM_ROLE_") && status !== "Succeeded") assert.equal(error?.code, code, `${kind} at ${at}`);
      }
});
