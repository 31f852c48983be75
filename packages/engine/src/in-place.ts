import type { Course } from "./course.ts";
import { done, type Stage, when } from "./course.ts";
import { preflight } from "./preflight.ts";
import { rollOut } from "./roll-out.ts";
import { add, begin, course, find, hostsOf, mayBegin, resume, step } from "./stages.ts";
import { zoneByZone, zonesMayBegin } from "./zones.ts";
import type { LifecycleEventName, World } from "./world.ts";

const blockEvents = ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"] as const;
const allowEvents = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"] as const;

/** The events that put a revision on a host (deployments.md §2.2). */
export const installEvents = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
] as const satisfies readonly LifecycleEventName[];

/** The events by what they are about. */
export const events = {
  block: blockEvents,
  install: installEvents,
  allow: allowEvents,
} as const satisfies Record<string, readonly LifecycleEventName[]>;

/** Every host in turn leaves its load balancers, gets the revision, and returns. */
export function inPlace(world: World): Course {
  const { balancers, zonal, minimumHealthyHosts: rule } = world.deployment;
  const planned = balancers === undefined ? installEvents : [...blockEvents, ...installEvents, ...allowEvents];
  const roll =
    zonal === undefined
      ? rollOut({ of: () => true, events: planned, rule })
      : zoneByZone({ zonal, events: planned, rule });
  // Once hosts take part, everything that comes before that is done.
  const isPrepared = world.targets.length > 0;
  return course(isPrepared ? [roll] : [...prepare(world, planned), roll], [resume]);
}

function prepare(world: World, planned: readonly LifecycleEventName[]): readonly Stage[] {
  const { zonal, scalingGroups = [], processesToSuspend: processes = [] } = world.deployment;
  const hosts = hostsOf(world, "selected");
  return [
    find("selected"),
    mayBegin("selected"),
    zonal === undefined ? () => done : zonesMayBegin(hosts, zonal),
    preflight,
    when(processes.length > 0, step("suspend processes", { work: "suspend processes", scalingGroups, processes })),
    begin,
    add({ hosts, events: planned }),
  ];
}
