import type * as AutoScaling from "@aws-sdk/client-auto-scaling";
import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { Records } from "../../store/records.ts";
import type { TimeScale } from "../../time-scale.ts";
import type { Ec2Context } from "../ec2/index.ts";
import type { Activities } from "./model/activities.ts";
import type { TrafficSource } from "./model/group.ts";
import type { Groups } from "./model/groups.ts";
import type { NotificationConfiguration } from "./model/notification-configuration.ts";
import type { Policy } from "./model/policy.ts";
import type { ScheduledAction } from "./model/scheduled-action.ts";

export interface AutoScalingContext {
  readonly db: CloudDatabase;
  readonly ec2: Ec2Context;
  readonly groups: Groups;
  readonly activities: Activities;
  readonly launchConfigurations: Records<LaunchConfiguration>;
  readonly policies: Records<Policy>;
  readonly scheduledActions: Records<ScheduledAction>;
  readonly notifications: Records<NotificationConfiguration>;
  readonly trafficSources: TrafficSources;
  /** Sends a message to a topic, whether or not anybody subscribes to it. */
  readonly publish: Publish;
  readonly timeScale: TimeScale;
  /** Has a group decided upon soon, because something about it has changed. */
  readonly wake: (group: string) => void;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Sends a message to a topic or a queue, by its ARN. */
export type Publish = (arn: string, message: { readonly subject: string; readonly body: string }) => void;

/** The target groups and load balancers of groups, which load balancing keeps. */
export interface TrafficSources {
  /** Throws a Fault when there is no such source. */
  check(source: TrafficSource): void;
  register(source: TrafficSource, instanceIds: readonly string[]): void | Promise<void>;
  deregister(source: TrafficSource, instanceIds: readonly string[]): void | Promise<void>;
  /** Returns what a source says about an instance, or undefined when it is not registered there. */
  health(source: TrafficSource, instanceId: string): "initial" | "healthy" | "unhealthy" | "draining" | undefined;
}

/** A launch configuration: what preceded launch templates, without versions. */
export interface LaunchConfiguration {
  readonly name: string;
  readonly createdAt: number;
  readonly data: RequestLaunchTemplateData;
}

/** Some of Auto Scaling's operations. */
export type AutoScalingOperations = Partial<Operations<typeof AutoScaling, AutoScalingContext>>;
