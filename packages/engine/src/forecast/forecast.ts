import type { DecisionOf } from "../decision.ts";
import type { ErrorInformation, HoldName, LifecycleEventName, Outcome, StepName, Target, World } from "../world.ts";
import { targetOf } from "../target-index.ts";
import type { Assumptions } from "./assumptions.ts";
import { type Move, play } from "./play.ts";

/** How the rest of a deployment goes, under what is assumed. Times are milliseconds since the epoch. */
export interface Forecast {
  readonly from: number;
  readonly until: number;
  /** Undefined when it cannot be followed to its end: `stuck` says why. */
  readonly outcome?: Outcome | undefined;
  readonly error?: ErrorInformation | undefined;
  readonly stuck?: string | undefined;
  readonly waves: readonly Wave[];
  readonly steps: readonly ForecastStep[];
  readonly holds: readonly ForecastHold[];
  /** The deployment and its targets at the end. */
  readonly end: Pick<World, "deployment" | "targets">;
}

/** Targets that begin at the same moment. */
export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly from: number;
  /** When the last of them is done; undefined when they never are. */
  readonly until?: number | undefined;
  /** With which event they begin. */
  readonly event: LifecycleEventName;
  readonly label?: "Blue" | "Green" | undefined;
  /** Set where the deployment goes zone by zone. */
  readonly zone?: string | undefined;
  readonly targets: readonly string[];
  /** What lets so many begin, and no more. */
  readonly because: string;
}

/** What the service does for the deployment as a whole. */
export interface ForecastStep {
  readonly name: StepName;
  readonly from: number;
  readonly until?: number | undefined;
}

/** A wait of the deployment as a whole. */
export interface ForecastHold {
  readonly name: HoldName;
  readonly from: number;
  readonly until?: number | undefined;
  readonly because: string;
}

/** Returns how the rest of a deployment goes if everything is as assumed: by the rules that decide about it. */
export function forecast(world: World, assumptions: Assumptions): Forecast {
  const { end, moves, stuck } = play(world, assumptions);
  const { deployment, targets } = end;
  const isEnded = stuck === undefined;
  return {
    from: world.now,
    until: end.now,
    outcome: isEnded ? (deployment.status as Outcome) : undefined, // it is over
    error: deployment.error,
    stuck,
    waves: wavesOf(world, end, moves),
    steps: stepsOf(moves, end),
    holds: holdsOf(moves),
    end: { deployment, targets },
  };
}

/** Targets begin when they are Pending, and go on to their traffic when they are Ready. */
function wavesOf(before: World, end: World, moves: readonly Move[]): readonly Wave[] {
  const states = new Map<string, Target["status"]>(before.targets.map(({ id, status }) => [id, status]));
  const ends = new Map<string, number[]>();
  const begun = new Map<string, { readonly at: number; readonly run: DecisionOf<"run">; readonly ids: string[] }>();
  for (const { at, decision } of moves) {
    if (decision.do === "settle target") {
      states.set(decision.target, decision.as);
      ends.set(decision.target, [...(ends.get(decision.target) ?? []), at]);
    }
    if (decision.do !== "run" || states.get(decision.target) === "InProgress") continue;
    states.set(decision.target, "InProgress");
    const { label, zone } = targetOf(end.targets, decision.target) ?? {};
    const isZonal = before.deployment.zonal !== undefined;
    const key = JSON.stringify([at, label, isZonal ? zone : "", decision.event]);
    const wave = begun.get(key);
    if (wave === undefined) begun.set(key, { at, run: decision, ids: [decision.target] });
    else wave.ids.push(decision.target);
  }
  return [...begun.values()].map(({ at, run, ids }, place): Wave => {
    const { label, zone } = targetOf(end.targets, run.target) ?? {};
    const { event, because } = run;
    const done = ids.map((id) => ends.get(id)?.find((time) => time >= at));
    const until = done.includes(undefined) ? undefined : latest(done);
    const own = { number: place + 1, from: at, until, event, label, targets: ids, because };
    return before.deployment.zonal === undefined ? own : { ...own, zone };
  });
}

/** The last of these times; a list may be longer than a call may have arguments. */
const latest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce<number | undefined>((last, time) => (time === undefined || (last ?? 0) > time ? last : time), undefined);

function stepsOf(moves: readonly Move[], { deployment }: World): readonly ForecastStep[] {
  return moves.flatMap(({ at, decision }) => {
    if (decision.do !== "start step" || decision.step === "record heartbeat") return [];
    const ended = deployment.steps.find(({ name, startTime }) => name === decision.step && startTime === at)?.endTime;
    return [{ name: decision.step, from: at, until: ended }];
  });
}

function holdsOf(moves: readonly Move[]): readonly ForecastHold[] {
  return moves.flatMap(({ at, decision }, place) => {
    if (decision.do !== "hold") return [];
    const { hold: name, because } = decision;
    const released = moves.slice(place).find(({ decision: one }) => one.do === "release" && one.hold === name);
    return [{ name, from: at, until: released?.at, because }];
  });
}
