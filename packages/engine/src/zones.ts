import { done, failed, type Stage, walk } from "./course.ts";
import { tooManyFailed } from "./explain.ts";
import { noZone, zoneInvalid } from "./messages.ts";
import { allowance, isExhausted } from "./minimum-healthy-hosts.ts";
import { partOf, rollOut, startMore } from "./roll-out.ts";
import { hold } from "./stages.ts";
import { zonesOf } from "./start-order.ts";
import type { FleetMember, LifecycleEventName, MinimumHealthyHosts, ZonalConfiguration } from "./world.ts";

const second = 1000;

/** What goes zone by zone, under which rules. */
interface ZoneByZone {
  readonly zonal: ZonalConfiguration;
  readonly events: readonly LifecycleEventName[];
  /** The deployment's own rule; it holds over all zones besides. */
  readonly rule: MinimumHealthyHosts;
}

/** Every host is in a zone, and every zone has a host that may be taken out of service (deployments.md §4.5 rule 4). */
export function zonesMayBegin(
  hosts: readonly FleetMember[],
  { minimumHealthyHostsPerZone }: ZonalConfiguration,
): Stage {
  return () => {
    const nowhere = hosts.filter(({ zone }) => zone === undefined);
    if (nowhere.length > 0) return failed(noZone(nowhere.map(({ id }) => id)));
    for (const zone of zonesOf(hosts)) {
      const here = hosts.filter((host) => host.zone === zone).length;
      const { minimumHealthy, unavailable } = allowance(minimumHealthyHostsPerZone, here);
      if (unavailable <= 0)
        return failed(zoneInvalid(zone, minimumHealthyHostsPerZone, { hosts: here, minimumHealthy }));
    }
    return done;
  };
}

/** One zone after the other; after each but the last its alarms are watched for a while (§4.5). */
export function zoneByZone(plan: ZoneByZone): Stage {
  return (world) => {
    const zones = zonesOf(world.targets);
    const stages = zones.flatMap((zone, place) => [
      rollOutZone(zone, plan),
      place === zones.length - 1 ? () => done : monitor(zone, durationAfter(place, plan.zonal)),
    ]);
    return walk([...stages, rollOut({ of: () => true, events: plan.events, rule: plan.rule })], world);
  };
}

/** A zone may fail wholly, if the deployment as a whole can bear it. */
function rollOutZone(zone: string, { zonal, events, rule }: ZoneByZone): Stage {
  return (world) => {
    const here = world.targets.filter((target) => target.zone === zone);
    const part = partOf(world, here, { events, rule: zonal.minimumHealthyHostsPerZone });
    const whole = partOf(world, world.targets, { events, rule });
    const { notStarted, skipped } = whole.count;
    const isHopeless = skipped > 0 || (notStarted > 0 && isExhausted(whole.room, whole.count));
    return (
      startMore(world, [part, whole], events) ?? (isHopeless ? failed(tooManyFailed(world.targets, whole.count)) : done)
    );
  };
}

const durationAfter = (place: number, { monitorDuration, firstZoneMonitorDuration }: ZonalConfiguration): number =>
  place === 0 ? (firstZoneMonitorDuration ?? monitorDuration) : monitorDuration;

function monitor(zone: string, milliseconds: number): Stage {
  const because = `${zone} is done, and is watched for ${milliseconds / second} s before the next zone`;
  return milliseconds === 0 ? () => done : hold(`monitor ${zone}`, { milliseconds, onTimeout: "go on", because });
}
