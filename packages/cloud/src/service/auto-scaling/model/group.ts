import assert from "node:assert/strict";
import type { LifecycleState, MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";
import type { Hook, HookAction } from "./hook.ts";
import type { LaunchSource } from "../launch-source/launch-source.ts";
import type { Refresh } from "./refresh-record.ts";

/** An Auto Scaling group as it is stored, with its instances. Times are milliseconds since the epoch. */
export interface Group {
  readonly name: string;
  readonly createdAt: number;
  readonly launch: LaunchSource;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly subnetIds: readonly string[];
  /** As it was given, to be described. */
  readonly vpcZoneIdentifier?: string | undefined;
  readonly sources: readonly TrafficSource[];
  readonly healthCheckType: string;
  readonly gracePeriodSeconds: number;
  readonly cooldownSeconds: number;
  /** When the cooldown of simple scaling policies ends. */
  readonly cooldownUntil?: number | undefined;
  readonly terminationPolicies: readonly string[];
  readonly protectsNewInstances: boolean;
  readonly suspended: readonly SuspendedProcess[];
  readonly hooks: readonly Hook[];
  readonly members: readonly Member[];
  readonly warmPool?: WarmPool | undefined;
  /** Instance refreshes, the newest first. */
  readonly refreshes?: readonly Refresh[] | undefined;
  readonly tags: readonly GroupTag[];
  readonly metrics: readonly string[];
  /** What users have asked for since the last activity: the cause of the next one begins with it. */
  readonly causes: readonly string[];
  /** When to try again after a launch has failed. */
  readonly launchAgainAt?: number | undefined;
  /** Set while the group is deleted together with its instances. */
  readonly isGoing?: true | undefined;
  /** Settings that are described as they were given. */
  readonly asGiven: AsGiven;
}

/** Settings that are described as they were given, and copied with a group. Few of them decide anything here. */
export interface AsGiven {
  readonly placementGroup?: string | undefined;
  readonly capacityRebalance?: boolean | undefined;
  readonly serviceLinkedRoleArn?: string | undefined;
  readonly maxInstanceLifetime?: number | undefined;
  readonly context?: string | undefined;
  readonly desiredCapacityType?: string | undefined;
  readonly defaultInstanceWarmup?: number | undefined;
  readonly instanceMaintenancePolicy?: {
    readonly MinHealthyPercentage?: number | undefined;
    readonly MaxHealthyPercentage?: number | undefined;
  };
  readonly mixedInstancesPolicy?: MixedInstancesPolicy | undefined;
}

/** A target group (elbv2, by ARN) or a classic load balancer (elb, by name). */
export interface TrafficSource {
  readonly type: "elbv2" | "elb";
  readonly id: string;
}

/** A warm pool as it is stored: instances that have booted before they are needed. */
export interface WarmPool {
  readonly minSize: number;
  /** Of the group and its pool together; absent, the group's maximum. */
  readonly maxPrepared?: number | undefined;
  readonly state: "Stopped" | "Running" | "Hibernated";
  /** Whether instances return to the pool when the group no longer needs them. */
  readonly reuses: boolean;
  /** Set while the pool is deleted together with its instances. */
  readonly isGoing?: true | undefined;
}

/** A process that is suspended, and why. */
interface SuspendedProcess {
  readonly name: ProcessName;
  readonly reason: string;
}

/** The processes of a group that can be suspended. */
export const processNames = [
  "Launch",
  "Terminate",
  "AddToLoadBalancer",
  "AlarmNotification",
  "AZRebalance",
  "HealthCheck",
  "InstanceRefresh",
  "ReplaceUnhealthy",
  "ScheduledActions",
] as const;

/** The name of a process. */
export type ProcessName = (typeof processNames)[number];

/** A tag of a group. */
export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}

/** An instance of a group. */
export interface Member {
  readonly id: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly templateVersion?: string | undefined;
  readonly state: LifecycleState;
  readonly health: "Healthy" | "Unhealthy";
  /** Which check found it unhealthy. */
  readonly unhealthyBecause?: "EC2" | "ELB" | "user" | undefined;
  readonly isProtected: boolean;
  readonly launchedAt: number;
  readonly inServiceAt?: number | undefined;
  /** Lifecycle actions of the transition that it is in. */
  readonly actions: readonly HookAction[];
  /** The activity under way that is about it. */
  readonly activityId?: string | undefined;
  /** Launch hooks do not apply: it was running when it joined, or comes out of standby. */
  readonly skipsHooks?: true | undefined;
  /** It comes from the warm pool. */
  readonly isDrawn?: true | undefined;
  /** It is on its way back to the warm pool after it has served. */
  readonly returns?: true | undefined;
  /** It is terminated without its hooks. */
  readonly isForced?: true | undefined;
}

/** Whether a process of a group is suspended. */
export const isSuspended = ({ suspended }: Group, name: ProcessName): boolean =>
  suspended.some((process) => process.name === name);

/** Whether an instance counts towards the desired capacity. */
export const isCounted = ({ state }: Member): boolean =>
  state === "Pending" || state === "Pending:Wait" || state === "Pending:Proceed" || state === "InService";

/** Whether an instance is in the warm pool. */
export const isWarmed = ({ state }: Member): boolean => state.startsWith("Warmed:");

/** For each state that hooks may hold: the state in which they hold it, and the one after. */
const followingStates: Readonly<Record<string, { readonly wait: LifecycleState; readonly proceed: LifecycleState }>> = {
  Pending: { wait: "Pending:Wait", proceed: "Pending:Proceed" },
  Terminating: { wait: "Terminating:Wait", proceed: "Terminating:Proceed" },
  "Warmed:Pending": { wait: "Warmed:Pending:Wait", proceed: "Warmed:Pending:Proceed" },
  "Warmed:Terminating": { wait: "Warmed:Terminating:Wait", proceed: "Warmed:Terminating:Proceed" },
};

/** Returns what follows a state, or the one that waits for its hooks. */
export function following(state: LifecycleState): { readonly wait: LifecycleState; readonly proceed: LifecycleState } {
  const found = followingStates[state.replace(/:Wait$/, "")];
  assert(found !== undefined, `${state} is a state that hooks may hold`);
  return found;
}

/** Returns the state in which the termination of an instance begins. */
export const terminatingState = (member: Member): LifecycleState =>
  isWarmed(member) ? "Warmed:Terminating" : "Terminating";

/** Returns an instance of a group. The caller has made sure that it is there. */
export function memberOf({ members, name }: Group, id: string): Member {
  const found = members.find((member) => member.id === id);
  assert(found !== undefined, `${id} is an instance of ${name}`);
  return found;
}

/** Returns a group with one of its instances changed. */
export function withMember(group: Group, id: string, change: (member: Member) => Member): Group {
  return { ...group, members: group.members.map((member) => (member.id === id ? change(member) : member)) };
}
