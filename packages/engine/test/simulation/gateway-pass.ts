// What simulated deployments to functions and to services have in common: passes, and a gateway whose checkpoints may get lost.
import assert from "node:assert/strict";
import { decide, evolveAll, isOver, type TrafficRouting, type World } from "../../src/index.ts";
import type { FakeGateway } from "../effect-phrases.ts";
import { reportOf } from "../fake-function.ts";
import { openEffect } from "../open-effect.ts";
import type { Random } from "./random.ts";

/** What becomes of the hook and of checkpoints. */
export interface GatewayFate {
  readonly hook: "none" | "says Succeeded" | "says Failed" | "is silent";
  /** How likely a checkpoint is lost. */
  readonly lost: number;
}

/** A pass, and what the gateway makes of it, until it has nothing new to say. */
export function passWithGateway(
  before: World,
  gateway: FakeGateway,
  { fate, random }: { readonly fate: GatewayFate; readonly random: Random },
): World {
  let world = pass(before);
  for (let open = openEffect(world); open !== undefined; open = openEffect(world)) {
    const isHook = open.effect.kind === "run hook" && open.effect.functionName !== undefined;
    const outcome = isHook ? hookOutcome(fate) : gateway.perform(open.effect, open.checkpoint, world.now);
    if (outcome === undefined) break;
    if (random.chance(fate.lost)) break; // the server ends after the deed and before its checkpoint: it is asked again
    world = pass({ ...world, reports: [reportOf(open.id, world.now, outcome)] });
  }
  return world;
}

function pass(world: World): World {
  const decisions = decide(world);
  const after = evolveAll(world, decisions);
  if (!isOver(after.deployment))
    assert.equal(decisions.at(-1)?.do, "wait", "WAIT: a live deployment never decides nothing");
  return structuredClone(after);
}

function hookOutcome({ hook }: GatewayFate) {
  if (hook === "says Succeeded") return { is: "done" } as const;
  return hook === "says Failed" ? ({ is: "failed", why: "no" } as const) : undefined;
}

/** Draws how traffic is to move. */
export function randomRouting(random: Random): TrafficRouting {
  const type = random.pick(["AllAtOnce", "TimeBasedCanary", "TimeBasedLinear"] as const);
  return type === "AllAtOnce" ? { type } : { type, percent: random.integer(5, 99), minutes: random.integer(1, 30) };
}
