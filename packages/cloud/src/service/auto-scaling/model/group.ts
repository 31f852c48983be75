import assert from "node:assert/strict";
import type { LifecycleState, MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";
import type { Hook, HookAction } from "./hook.ts";
import type { LaunchSource } from "../launch-source/launch-source.ts";
import type { Refresh } from "./refresh-record.ts";

/** An Auto Scaling group as it is kept, with its instances. Moments are milliseconds since the epoch. */
export interface Group {
  readonly name: string;
  readonly createdAt: number;
  readonly launch: LaunchSource;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly subnetIds: readonly string[];
  /** As it was given, for those who read it back. */
  readonly vpcZoneIdentifier?: string | undefined;
  readonly sources: readonly TrafficSource[];
  readonly healthCheckType: string;
  readonly gracePeriodSeconds: number;
  readonly cooldownSeconds: number;
  /** Until when simple scaling policies wait. */
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
  /** What users have asked for since the last activity: the beginning of its cause. */
  readonly causes: readonly string[];
  /** After a launch has failed: when to try again. */
  readonly launchAgainAt?: number | undefined;
  /** Set when it is being deleted with all of its instances. */
  readonly isGoing?: true | undefined;
  /** What is kept for those who read it back, and decides nothing here. */
  readonly told: ToldSettings;
}

/** Settings that a copy of the group needs, and that decide nothing here. */
export interface ToldSettings {
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

/** A warm pool as it is kept: instances that have booted before they are needed. */
export interface WarmPool {
  readonly minSize: number;
  /** Instances of the group and its pool together; absent: the group's maximum. */
  readonly maxPrepared?: number | undefined;
  readonly state: "Stopped" | "Running" | "Hibernated";
  /** Instances that the group no longer needs return to the pool. */
  readonly reuses: boolean;
  /** Set when it is being deleted with its instances. */
  readonly isGoing?: true | undefined;
}

/** A process that is suspended, and why. */
export interface SuspendedProcess {
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
  /** What said that it is unhealthy. */
  readonly unhealthyBecause?: "EC2" | "ELB" | "user" | undefined;
  readonly isProtected: boolean;
  readonly launchedAt: number;
  readonly inServiceAt?: number | undefined;
  /** Lifecycle actions of the transition that it is in. */
  readonly actions: readonly HookAction[];
  /** The activity that is about it now. */
  readonly activityId?: string | undefined;
  /** It was already running when it joined, or comes out of standby: no launch hooks. */
  readonly skipsHooks?: true | undefined;
  /** It comes out of the warm pool. */
  readonly isDrawn?: true | undefined;
  /** It comes back to the warm pool, after it has served. */
  readonly returns?: true | undefined;
  /** It is ended without asking any hook. */
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

/** By the state that an instance is in: the one that a hook holds it in, and the one in which it goes on. */
const followingStates: Readonly<Record<string, { readonly wait: LifecycleState; readonly proceed: LifecycleState }>> = {
  Pending: { wait: "Pending:Wait", proceed: "Pending:Proceed" },
  Terminating: { wait: "Terminating:Wait", proceed: "Terminating:Proceed" },
  "Warmed:Pending": { wait: "Warmed:Pending:Wait", proceed: "Warmed:Pending:Proceed" },
  "Warmed:Terminating": { wait: "Warmed:Terminating:Wait", proceed: "Warmed:Terminating:Proceed" },
};

/** What follows on a state, or on the one that waits for its hooks. */
export function following(state: LifecycleState): { readonly wait: LifecycleState; readonly proceed: LifecycleState } {
  const found = followingStates[state.replace(/:Wait$/, "")];
  assert(found !== undefined, `${state} is a state that hooks may hold`);
  return found;
}

/** The state that an instance begins to end with. */
export const terminatingState = (member: Member): LifecycleState =>
  isWarmed(member) ? "Warmed:Terminating" : "Terminating";

/** An instance of a group; whoever asks has made sure that it is there. */
export function memberOf({ members, name }: Group, id: string): Member {
  const found = members.find((member) => member.id === id);
  assert(found !== undefined, `${id} is an instance of ${name}`);
  return found;
}

/** A group with one of its instances changed. */
export function withMember(group: Group, id: string, change: (member: Member) => Member): Group {
  return { ...group, members: group.members.map((member) => (member.id === id ? change(member) : member)) };
}
