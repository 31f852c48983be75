import type { Course } from "./course.ts";
import { when } from "./course.ts";
import { preflight } from "./preflight.ts";
import { rollOut } from "./roll-out.ts";
import { add, begin, course, find, hostsOf, mayBegin, resume, step } from "./stages.ts";
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
  const { balancers, scalingGroups = [], processesToSuspend: processes = [], minimumHealthyHosts } = world.deployment;
  const planned = balancers === undefined ? installEvents : [...blockEvents, ...installEvents, ...allowEvents];
  return course(
    [
      find("selected"),
      mayBegin("selected"),
      preflight,
      when(processes.length > 0, step("suspend processes", { work: "suspend processes", scalingGroups, processes })),
      begin,
      add({ hosts: hostsOf(world, "selected"), events: planned }),
      rollOut({ of: () => true, events: planned, rule: minimumHealthyHosts }),
    ],
    [resume],
  );
}
