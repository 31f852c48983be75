import type { LifecycleEventName } from "./world.ts";

/** The events of an in-place deployment without load balancer, in order (deployments.md §2.2). */
export const inPlaceEvents = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
] as const satisfies readonly LifecycleEventName[];

/** The events whose failure `ignoreApplicationStopFailures` tolerates (deployments.md §2.1, fact 4). */
export const toleratedEvents: ReadonlySet<LifecycleEventName> = new Set([
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
]);
