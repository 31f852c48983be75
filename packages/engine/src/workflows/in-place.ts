import { lifecycleEvents, orderedEvents } from "../appspec/lifecycle-events.ts";
import type { Workflow } from "./workflow.ts";
import { done, type Stage, when } from "./workflow.ts";
import { preflight } from "./preflight.ts";
import { rollOut } from "./roll-out.ts";
import {
  addTargets,
  beginDeployment,
  workflow,
  findFleet,
  hostsOf,
  checkMinimumHealthy,
  resumeProcesses,
  runStep,
} from "./stages.ts";
import { rollOutByZone, checkZones } from "./zones.ts";
import type { LifecycleEventName, World } from "../world.ts";

/** Every host in turn leaves its load balancers, gets the revision, and returns to them. */
export function inPlace(world: World): Workflow {
  const { balancers, zonal, minimumHealthyHosts: rule } = world.deployment;
  const planned = balancers === undefined ? lifecycleEvents.install : orderedEvents;
  const roll =
    zonal === undefined
      ? rollOut({ of: () => true, events: planned, rule })
      : rollOutByZone({ zonal, events: planned, rule });
  // Once there are targets, everything that comes before is done.
  const isPrepared = world.targets.length > 0;
  return workflow(isPrepared ? [roll] : [...prepare(world, planned), roll], [resumeProcesses]);
}

function prepare(world: World, planned: readonly LifecycleEventName[]): readonly Stage[] {
  const { zonal, scalingGroups = [], processesToSuspend: processes = [] } = world.deployment;
  const hosts = hostsOf(world, "selected");
  return [
    findFleet("selected"),
    checkMinimumHealthy("selected"),
    zonal === undefined ? () => done : checkZones(hosts, zonal),
    preflight,
    when(processes.length > 0, runStep("suspend processes", { kind: "suspend processes", scalingGroups, processes })),
    beginDeployment,
    addTargets({ hosts, events: planned }),
  ];
}
