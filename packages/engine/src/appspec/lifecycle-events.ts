/** The lifecycle events of a host in the order in which they run, by what they do (deployments.md §2.2, agent.md §8.3). */
export const lifecycleEvents = {
  blockTraffic: ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"],
  install: [
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
  ],
  allowTraffic: ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"],
} as const;

/** The events of an ECS service that no host has (deployments.md §2.2). */
export const testTrafficEvents = ["AllowTestTraffic", "AfterAllowTestTraffic"] as const;

/** The name of a lifecycle event, as AWS has it. */
export type LifecycleEventName =
  | (typeof lifecycleEvents)[keyof typeof lifecycleEvents][number]
  | (typeof testTrafficEvents)[number];

/** All events of hosts. */
export const orderedEvents: readonly LifecycleEventName[] = [
  ...lifecycleEvents.blockTraffic,
  ...lifecycleEvents.install,
  ...lifecycleEvents.allowTraffic,
];

/** The service runs these itself, through a load balancer. */
const serviceEvents: readonly string[] = ["BlockTraffic", "AllowTraffic"];

/** The agent runs these itself, without a script. */
const agentEvents: readonly string[] = ["DownloadBundle", "Install"];

/** The events that a host is given as commands, in order. */
export const hostEvents: readonly LifecycleEventName[] = orderedEvents.filter(
  (event) => !serviceEvents.includes(event),
);

/** The events for which a server's AppSpec file may name scripts (appspec.md §2). */
export const scriptableEvents: readonly LifecycleEventName[] = hostEvents.filter(
  (event) => !agentEvents.includes(event),
);
