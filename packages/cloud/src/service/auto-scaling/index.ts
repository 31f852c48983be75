import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import { Records } from "../../store/records.ts";
import { autoScalingAccesses } from "./accesses.ts";
import { Activities } from "./model/activities.ts";
import type { AutoScalingContext } from "./context.ts";
import { groupOperations } from "./operations/groups.ts";
import { Groups } from "./model/groups.ts";
import { hookOperations } from "./operations/hooks.ts";
import { launchConfigurationOperations } from "./launch-source/launch-configurations.ts";
import { memberOperations } from "./operations/members.ts";
import { notificationOperations } from "./operations/notifications.ts";
import { executeByAlarm, policyOperations } from "./operations/policies.ts";
import { processOperations } from "./operations/processes.ts";
import { refreshOperations } from "./operations/refreshes.ts";
import { Scaler } from "./act/scaler.ts";
import { scheduledActionOperations } from "./operations/scheduled-actions.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetState } from "./model/target-state.ts";
import { trafficSourceOperations } from "./operations/traffic-sources.ts";
import { warmPoolOperations } from "./operations/warm-pools.ts";

export { autoScalingTables } from "./tables.ts";
export type { Publish, TrafficSources } from "./context.ts";
export type { TrafficSource } from "./model/group.ts";

/** Auto Scaling, open. */
export interface OpenAutoScaling {
  readonly service: Service;
  /** Starts to scale groups. EC2's instances must have been resumed before. */
  start(): void;
  /** To be called when the state of an instance has changed: its group is decided upon soon. */
  instanceChanged(instanceId: string): void;
  /** Returns the state that an instance of a group is on its way to, or undefined when it belongs to none. */
  targetState(instanceId: string): string | undefined;
  /** Executes a scaling policy for an alarm that names it among its actions. `by` is how far the metric is beyond the threshold. */
  alarm(policyArn: string, about: { readonly alarm: string; readonly by: number }): void;
  close(): Promise<void>;
}

type Given = Pick<
  AutoScalingContext,
  "db" | "ec2" | "trafficSources" | "publish" | "timeScale" | "clock" | "region" | "accountId"
>;

/** Opens Auto Scaling with what the store has of it. */
export function openAutoScaling(given: Given, onDefect: (error: unknown, about: string) => void): OpenAutoScaling {
  const { db } = given;
  const context: AutoScalingContext = {
    ...given,
    groups: new Groups(new Records(db, "auto-scaling-group")),
    activities: new Activities(new Records(db, "scaling-activity")),
    launchConfigurations: new Records(db, "launch-configuration"),
    policies: new Records(db, "scaling-policy"),
    scheduledActions: new Records(db, "scheduled-action"),
    notifications: new Records(db, "notification-configuration"),
    wake: (name) => scaler.wake(name),
  };
  const scaler = new Scaler(context, onDefect);
  return {
    service: autoScalingService(context, onDefect),
    start: () => scaler.start(),
    instanceChanged(instanceId) {
      const found = context.groups.findByInstance(instanceId);
      if (found !== undefined) scaler.wake(found.group.name);
    },
    targetState(instanceId) {
      const found = context.groups.findByInstance(instanceId);
      return found && targetState(found.group, found.member);
    },
    alarm: (policyArn, about) => executeByAlarm(context, policyArn, about),
    close: () => scaler.close(),
  };
}

function autoScalingService(
  context: AutoScalingContext,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  return defineService({
    name: "autoscaling",
    model: serviceModel("auto-scaling"),
    signingNames: ["autoscaling"],
    operations: {
      ...groupOperations,
      ...memberOperations,
      ...hookOperations,
      ...processOperations,
      ...policyOperations,
      ...scheduledActionOperations,
      ...notificationOperations,
      ...trafficSourceOperations,
      ...tagOperations,
      ...launchConfigurationOperations,
      ...warmPoolOperations,
      ...refreshOperations,
    },
    context,
    accesses: accessesFromTable(autoScalingAccesses(context)),
    onDefect,
  });
}
