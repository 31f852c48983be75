// What scenarios about functions and about services have in common: a gateway is called for what is open.
import type { Checkpoint, Decision, Effect, TrafficRouting } from "../src/index.ts";
import { type Outcome, reportOf } from "./fake-function.ts";
import { openEffect } from "./open-effect.ts";
import type { Shell } from "./shell.ts";

/** A phrase, and what it does with the words that it captures. */
export type Phrase = [RegExp, (shell: Shell, ...words: string[]) => readonly (Decision | string)[]];

/** Performs effects as a gateway would; undefined when it has nothing new to say. */
export interface FakeGateway {
  perform(effect: Effect, checkpoint: Checkpoint | undefined, now: number): Outcome | undefined;
}

/** Calls the gateway for what is open until it has nothing new. */
export function callGateway(shell: Shell, gateway: FakeGateway): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let open = openEffect(shell.world); open !== undefined; open = openEffect(shell.world)) {
    const outcome = gateway.perform(open.effect, open.checkpoint, shell.now);
    if (outcome === undefined) break;
    decisions.push(...shell.report(reportOf(open.id, shell.now, outcome)));
  }
  return decisions;
}

/** The hook that runs reports its result. */
export function hookSays(shell: Shell, gateway: FakeGateway, status: string): readonly Decision[] {
  const open = openEffect(shell.world);
  if (open?.effect.kind !== "run hook") throw new Error("no hook is under way");
  const outcome =
    status === "Succeeded" ? ({ is: "done" } as const) : ({ is: "failed", why: "the hook said so" } as const);
  return [...shell.report(reportOf(open.id, shell.now, outcome)), ...callGateway(shell, gateway)];
}

/** One minute after the other, as the server's passes would see them. */
export function minutesPass(shell: Shell, gateway: FakeGateway, count: string): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let minute = 0; minute < Number(count); minute += 1) {
    decisions.push(...shell.wait(60_000).filter((made) => made.do !== "wait"));
    decisions.push(...callGateway(shell, gateway));
  }
  return decisions;
}

/** A routing as scenarios write it: `canary 20 % every 5 minutes`, or anything else for all at once. */
export function routingIn(text: string): TrafficRouting {
  const [, type, percent, minutes] = /^(\S+) (\d+) % every (\d+)/.exec(text) ?? [];
  if (type === undefined) return { type: "AllAtOnce" };
  const name = type === "canary" ? "TimeBasedCanary" : "TimeBasedLinear";
  return { type: name, percent: Number(percent), minutes: Number(minutes) };
}
