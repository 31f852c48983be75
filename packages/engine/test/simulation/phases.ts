// Which hosts go through which events together, and how many of them may be out of service meanwhile.
import type { Deployment, LifecycleEventName, MinimumHealthyHosts } from "../../src/index.ts";
import { mostUnavailable, tolerable } from "./arithmetic.ts";
import type { TargetRecord } from "./target-record.ts";

/** Some hosts on their way through some events; the next phase waits until this one is done. */
export interface Phase {
  readonly name: string;
  readonly of: (record: TargetRecord) => boolean;
  /** Whether an event belongs to it. */
  readonly has: (event: LifecycleEventName) => boolean;
  readonly rule: MinimumHealthyHosts | "none may fail";
}

/** How a host stands in a phase. */
export type Standing = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";

const isBlock = (event: LifecycleEventName) => event.endsWith("BlockTraffic");
const isAllow = (event: LifecycleEventName) => event.endsWith("AllowTraffic");
const any = () => true;

/** The phases of a deployment in their order. */
export function phasesOf(deployment: Deployment, targets: readonly TargetRecord[]): readonly Phase[] {
  const { kind, zonal, minimumHealthyHosts: rule } = deployment;
  const labelled = (label: string) => (record: TargetRecord) => record.label === label && !record.hasLeft;
  switch (kind) {
    case "launch":
    case "termination":
      return [{ name: "", of: any, has: any, rule: { type: "MOST_CONCURRENCY", value: 1 } }];
    case "reroute":
      return [
        { name: "back", of: labelled("Blue"), has: any, rule: "none may fail" },
        { name: "away", of: labelled("Green"), has: any, rule: "none may fail" },
      ];
    case "blue-green": {
      const install: Phase = { name: "install", of: labelled("Green"), has: (event) => !isAllow(event), rule };
      const isInstalled = (record: TargetRecord) =>
        labelled("Green")(record) && standing(record, install, deployment) === "Succeeded";
      return [
        install,
        { name: "traffic", of: isInstalled, has: isAllow, rule },
        { name: "leave", of: labelled("Blue"), has: isBlock, rule: "none may fail" },
      ];
    }
    case "lambda":
    case "ecs":
      throw new Error(`A deployment of the kind ${kind} has no hosts`); // functions and services are simulated apart
    case "in-place": {
      if (zonal === undefined) return [{ name: "", of: any, has: any, rule }];
      const zones = [...new Set(targets.map(({ zone }) => zone))].toSorted();
      const perZone = zonal.minimumHealthyHostsPerZone;
      return zones.map((name) => ({ name, of: ({ zone }) => zone === name, has: any, rule: perZone }));
    }
  }
}

/** How a host stands: by the outcomes of the phase's own events, then by its own end. */
export function standing(record: TargetRecord, { has }: Phase, deployment: Deployment): Standing {
  const own = record.plan.flatMap((event, place) => (has(event) ? [place] : []));
  if (own.length === 0) return "Succeeded";
  if (record.status === "Succeeded" || record.status === "Pending") return record.status;
  const outcomes = own.map((place) => record.outcomes[place]);
  if (own.some((place) => record.outcomes[place] === "Failed" && !isForgiven(record, place, deployment)))
    return "Failed";
  if (outcomes.every((outcome) => outcome === "Succeeded" || outcome === "Failed")) return "Succeeded";
  if (record.status === "Failed" || record.status === "Skipped") return record.status;
  return record.place > (own[0] ?? 0) ? "InProgress" : "Pending";
}

/** Whether a failed event lets its host go on. */
export const isForgiven = (
  { plan }: TargetRecord,
  place: number,
  { ignoreApplicationStopFailures }: Deployment,
): boolean => ignoreApplicationStopFailures && tolerable.has(plan[place] ?? "");

/** How the hosts of a phase stand. */
export function countIn(phase: Phase, targets: readonly TargetRecord[], deployment: Deployment) {
  const count = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0 };
  for (const record of targets) if (phase.of(record)) count[standing(record, phase, deployment)] += 1;
  return count;
}

/** How many more of a phase may leave. */
export function budgetIn(phase: Phase, targets: readonly TargetRecord[], deployment: Deployment): number {
  if (phase.rule === "none may fail") return Number.POSITIVE_INFINITY;
  const { InProgress, Failed } = countIn(phase, targets, deployment);
  return mostUnavailable(phase.rule, targets.filter((record) => phase.of(record)).length) - InProgress - Failed;
}

/** Whether a phase can still come to a good end. */
export function isHopeless(phase: Phase, targets: readonly TargetRecord[], deployment: Deployment): boolean {
  const { Pending, InProgress, Succeeded, Failed, Skipped } = countIn(phase, targets, deployment);
  if (Skipped > 0) return true;
  if (phase.rule === "none may fail") return Failed > 0;
  const most = mostUnavailable(phase.rule, targets.filter((record) => phase.of(record)).length);
  if (Pending > 0) return Failed >= most;
  // In a zone all may fail; whether the whole can bear it is for the whole to say.
  return InProgress === 0 && (Failed > most || (deployment.zonal === undefined && Succeeded === 0 && Failed > 0));
}
