import { disruptionBudget, isOver, type Target } from "@sluice/engine";
import type { Counts, Wave } from "../contract.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { SnapshotContext } from "./context.ts";
import { ruleInWords } from "./healthy-hosts.ts";

/** A deployment's waves, and the number of each target's. */
export interface Waves {
  readonly waves: readonly Wave[];
  /** By position, from 1; empty where there are none. */
  readonly numbers: Uint16Array;
}

const none: Waves = { waves: [], numbers: new Uint16Array(0) };

/** Returns the waves of a deployment to servers: in the order in which its targets begin, as many as the rule lets begin together. */
export function wavesOf({ store }: Pick<SnapshotContext, "store">, { id, state }: DeploymentRecord): Waves {
  const targets = store.deployments.targets(id);
  if (state.kind === "lambda" || state.kind === "ecs" || targets.length === 0) return none;
  const rule = state.zonal?.minimumHealthyHostsPerZone ?? state.minimumHealthyHosts;
  const parts = state.zonal === undefined ? [targets] : byZone(targets);
  const numbers = new Uint16Array(targets.length);
  const waves: Wave[] = [];
  let place = 0;
  for (const part of parts) {
    const size = Math.max(1, disruptionBudget(rule, part.length).unavailable);
    for (let first = 0; first < part.length; first += size) {
      const own = part.slice(first, first + size);
      const zone = state.zonal === undefined ? undefined : own[0]?.zone;
      const number = waves.length + 1;
      numbers.fill(number, place, place + own.length);
      place += own.length;
      waves.push(waveOf(own, { number, zone, boundBy: ruleInWords(rule), isOver: isOver(state) }));
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

function waveOf(
  targets: readonly Target[],
  { isOver: isAllOver, ...about }: Pick<Wave, "number" | "zone" | "boundBy"> & { readonly isOver: boolean },
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
    startTime: starts.length === 0 ? undefined : starts.reduce((a, b) => Math.min(a, b)),
    endTime: isDone ? targets.reduce((last, { lastUpdatedAt }) => Math.max(last, lastUpdatedAt), 0) : undefined,
    isPredicted: starts.length === 0 && !isAllOver,
  };
}
