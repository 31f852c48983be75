import { done, failed, type Stage, firstPending } from "./workflow.ts";
import { tooManyFailed } from "../messages/explain.ts";
import { noZone, zoneInvalid } from "../messages/messages.ts";
import { disruptionBudget, isExhausted } from "../rules/minimum-healthy-hosts.ts";
import { batchOf, rollOut, startWithinBudget } from "./roll-out.ts";
import { awaitHold } from "./stages.ts";
import { zonesOf } from "../rules/start-order.ts";
import type { FleetMember, LifecycleEventName, MinimumHealthyHosts, ZonalConfiguration } from "../world.ts";

const second = 1000;

/** A rollout zone by zone, and its rules. */
interface ZonalRollOut {
  readonly zonal: ZonalConfiguration;
  readonly events: readonly LifecycleEventName[];
  /** The deployment's own rule, which applies over all zones in addition. */
  readonly rule: MinimumHealthyHosts;
}

/**
 * Fails unless every host is in a zone, and every zone has a host that may be taken out of service (deployments.md §4.5
 * rule 4).
 */
export function checkZones(hosts: readonly FleetMember[], { minimumHealthyHostsPerZone }: ZonalConfiguration): Stage {
  return () => {
    const nowhere = hosts.filter(({ zone }) => zone === undefined);
    if (nowhere.length > 0) return failed(noZone(nowhere.map(({ id }) => id)));
    for (const zone of zonesOf(hosts)) {
      const here = hosts.filter((host) => host.zone === zone).length;
      const { minimumHealthy, unavailable } = disruptionBudget(minimumHealthyHostsPerZone, here);
      if (unavailable <= 0)
        return failed(zoneInvalid(zone, minimumHealthyHostsPerZone, { hosts: here, minimumHealthy }));
    }
    return done;
  };
}

/** Rolls out zone by zone. After each zone but the last, alarms are watched for a while (§4.5). */
export function rollOutByZone(plan: ZonalRollOut): Stage {
  return (world) => {
    const zones = zonesOf(world.targets);
    const stages = zones.flatMap((zone, place) => [
      rollOutZone(zone, plan),
      place === zones.length - 1 ? () => done : monitor(zone, durationAfter(place, plan.zonal)),
    ]);
    return firstPending([...stages, rollOut({ of: () => true, events: plan.events, rule: plan.rule })], world);
  };
}

/** A zone may fail completely, if the deployment as a whole can bear it. */
function rollOutZone(zone: string, { zonal, events, rule }: ZonalRollOut): Stage {
  return (world) => {
    const here = world.targets.filter((target) => target.zone === zone);
    const batch = batchOf(world, here, { events, rule: zonal.minimumHealthyHostsPerZone });
    const whole = batchOf(world, world.targets, { events, rule });
    const { notStarted, skipped } = whole.counts;
    const isHopeless = skipped > 0 || (notStarted > 0 && isExhausted(whole.budget, whole.counts));
    return (
      startWithinBudget(world, [batch, whole], events) ??
      (isHopeless ? failed(tooManyFailed(world.targets, whole.counts)) : done)
    );
  };
}

const durationAfter = (place: number, { monitorDuration, firstZoneMonitorDuration }: ZonalConfiguration): number =>
  place === 0 ? (firstZoneMonitorDuration ?? monitorDuration) : monitorDuration;

function monitor(zone: string, milliseconds: number): Stage {
  const because = `${zone} is done, and is watched for ${milliseconds / second} s before the next zone`;
  return milliseconds === 0 ? () => done : awaitHold(`monitor ${zone}`, { milliseconds, onTimeout: "go on", because });
}
