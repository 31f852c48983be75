import { disruptionBudget, type Forecast, isOver, type Target } from "@sluice/engine";
import type { Counts, Wave } from "../../contract.ts";
import type { DeploymentRecord } from "../../../store/deployments/records.ts";
import type { SnapshotContext } from "../context.ts";
import { ruleInWords } from "./healthy-hosts.ts";

/** A deployment's waves, and the number of each target's. */
export interface Waves {
  readonly waves: readonly Wave[];
  /** By position, from 1; empty where there are none. */
  readonly numbers: Uint16Array;
}

const none: Waves = { waves: [], numbers: new Uint16Array(0) };

/** Returns the waves of a deployment to servers: in the order in which its targets begin, as many as the rule lets begin together. */
export function wavesOf(
  { store, foretell }: Pick<SnapshotContext, "store" | "foretell">,
  { id, state }: DeploymentRecord,
): Waves {
  const targets = store.deployments.targets(id);
  if (state.kind === "lambda" || state.kind === "ecs" || targets.length === 0) return none;
  const rule = state.zonal?.minimumHealthyHostsPerZone ?? state.minimumHealthyHosts;
  const parts = state.zonal === undefined ? [targets] : byZone(targets);
  const numbers = new Uint16Array(targets.length);
  const waves: Wave[] = [];
  const expected = isOver(state) ? undefined : expectedStarts(foretell?.(id));
  let place = 0;
  for (const part of parts) {
    const size = Math.max(1, disruptionBudget(rule, part.length).unavailable);
    for (let first = 0; first < part.length; first += size) {
      const own = part.slice(first, first + size);
      const zone = state.zonal === undefined ? undefined : own[0]?.zone;
      const number = waves.length + 1;
      numbers.fill(number, place, place + own.length);
      place += own.length;
      waves.push(waveOf(own, { number, zone, boundBy: ruleInWords(rule), isOver: isOver(state), expected }));
    }
  }
  return { waves, numbers };
}

/** Targets are in the order of their zones already. */
function byZone(targets: readonly Target[]): readonly (readonly Target[])[] {
  const parts: Target[][] = [];
  for (const target of targets) {
    const last = parts.at(-1);
    if (last !== undefined && last[0]?.zone === target.zone) last.push(target);
    else parts.push([target]);
  }
  return parts;
}

interface WaveState {
  readonly isOver: boolean;
  /** When targets begin, by their ids. */
  readonly expected: ReadonlyMap<string, number> | undefined;
}

/** When targets will begin that have not begun yet. */
function expectedStarts(forecast: Forecast | undefined): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  for (const { from, targets } of forecast?.waves ?? [])
    for (const id of targets) if (!starts.has(id)) starts.set(id, from);
  return starts;
}

function waveOf(
  targets: readonly Target[],
  { isOver: isAllOver, expected, ...about }: Pick<Wave, "number" | "zone" | "boundBy"> & WaveState,
): Wave {
  const counts: Partial<Record<keyof Counts, number>> = {};
  for (const { status } of targets) counts[status] = (counts[status] ?? 0) + 1;
  const starts = targets.flatMap(
    ({ events }) => events.find(({ startTime }) => startTime !== undefined)?.startTime ?? [],
  );
  const isDone = targets.every(({ status }) => status === "Succeeded" || status === "Failed" || status === "Skipped");
  return {
    ...about,
    targets: targets.length,
    counts: { ...counts, total: targets.length },
    startTime: starts.length === 0 ? expected?.get(targets[0]?.id ?? "") : starts.reduce((a, b) => Math.min(a, b)),
    endTime: isDone ? targets.reduce((last, { lastUpdatedAt }) => Math.max(last, lastUpdatedAt), 0) : undefined,
    isPredicted: starts.length === 0 && !isAllOver,
  };
}
