import { deploymentOverview, type World } from "@sluice/engine";
import { newId } from "../../random.ts";
import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { Notification } from "../../store/notifications.ts";
import { type StateChange, triggerEvents } from "./state-changes.ts";

export interface NotificationContext {
  readonly region: string;
  readonly accountId: string;
  readonly applicationName: string;
  readonly group: DeploymentGroup;
  readonly record: DeploymentRecord;
  readonly world: World;
  /** Whether the event bus has a listener. */
  readonly hasEventBus: boolean;
}

type Owed = Omit<Notification, "id" | "attempts">;

/** Returns the messages about state changes: one for each trigger that is subscribed, and one for the event bus. */
export function notificationsOf(changes: readonly StateChange[], context: NotificationContext): readonly Owed[] {
  const { group, hasEventBus } = context;
  return changes.flatMap((change) => {
    const wanted = wantedEvents(change, context);
    const triggers = (group.settings.triggerConfigurations ?? []).filter(({ triggerEvents: events = [] }) =>
      events.some((event) => wanted.includes(event)),
    );
    return [
      ...triggers.map(({ triggerName = "", triggerTargetArn = "" }) =>
        triggerMessage(change, context, { triggerName, topic: triggerTargetArn }),
      ),
      ...(hasEventBus ? [busEvent(change, context)] : []),
    ];
  });
}

/** The start of a rollback is an event of its own, in addition (deployments.md §10.2). */
function wantedEvents(change: StateChange, { record }: NotificationContext): readonly string[] {
  const event = Reflect.get(triggerEvents[change.about], change.state) as string; // the table has every state
  return event === "DeploymentStart" && record.request.rollbackOf !== undefined
    ? [event, "DeploymentRollback"]
    : [event];
}

/** Returns a trigger's message in AWS's form: nested values are JSON text (api.md §8.1). */
function triggerMessage(
  change: StateChange,
  context: NotificationContext,
  { triggerName, topic }: { triggerName: string; topic: string },
): Owed {
  const { region, accountId, applicationName, group, record } = context;
  const common = { region, accountId, eventTriggerName: triggerName, deploymentId: record.id };
  const status = change.about === "deployment" ? liveStatus(change) : change.target.status.toUpperCase();
  const body =
    change.about === "deployment"
      ? { ...common, applicationName, deploymentGroupName: group.name, status, ...deploymentDetails(change, context) }
      : { ...common, ...instanceDetails(change, status) };
  const subject = `${status}: AWS CodeDeploy ${record.id} in ${region} to ${applicationName}`;
  return { groupId: group.id, topic, subject, body: JSON.stringify(body) };
}

const liveStatuses = {
  START: "CREATED",
  READY: "READY",
  SUCCESS: "SUCCEEDED",
  FAILURE: "FAILED",
  STOP: "STOPPED",
} as const;

const liveStatus = ({ state }: StateChange & { readonly about: "deployment" }) => liveStatuses[state];

function deploymentDetails(
  { deployment }: StateChange & { readonly about: "deployment" },
  { record, world }: NotificationContext,
) {
  const { error, createTime, completeTime } = deployment;
  const { rollbackOf } = record.request;
  return {
    createTime: dateText(createTime),
    completeTime: completeTime === undefined ? null : dateText(completeTime),
    deploymentOverview: JSON.stringify(deploymentOverview(world.targets)),
    errorInformation:
      error === undefined ? undefined : JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }),
    rollbackInformation: JSON.stringify(
      rollbackOf === undefined
        ? {}
        : { RollbackTriggeringDeploymentId: rollbackOf.deploymentId, RollbackMessage: rollbackOf.message },
    ),
  };
}

function instanceDetails({ target }: StateChange & { readonly about: "instance" }, instanceStatus: string) {
  return {
    instanceId: target.arn,
    lastUpdatedAt: dateText(target.lastUpdatedAt),
    instanceStatus,
    lifecycleEvents: JSON.stringify(
      target.events.map(({ name, status, startTime, endTime }) => ({
        LifecycleEvent: name,
        LifecycleEventStatus: status,
        StartTime: startTime === undefined ? null : dateText(startTime),
        EndTime: endTime === undefined ? null : dateText(endTime),
      })),
    ),
  };
}

/** As Java writes dates, which is what the live service sends: `Tue Jun 30 22:06:31 UTC 2026`. */
function dateText(time: number): string {
  const [, weekday, day, month, year, clock] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(time).toUTCString()) ?? [];
  return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
}

/** An event of the bus (api.md §8.2). */
function busEvent(change: StateChange, context: NotificationContext): Owed {
  const { region, accountId, applicationName, group, record, world } = context;
  const application = `arn:aws:codedeploy:${region}:${accountId}:application:${applicationName}`;
  const groupArn = `arn:aws:codedeploy:${region}:${accountId}:deploymentgroup:${applicationName}/${group.name}`;
  const isDeployment = change.about === "deployment";
  const type = isDeployment
    ? "CodeDeploy Deployment State-change Notification"
    : "CodeDeploy Instance State-change Notification";
  const body = {
    version: "0",
    id: newId(),
    "detail-type": type,
    source: "aws.codedeploy",
    account: accountId,
    time: new Date(world.now).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: isDeployment ? [application, groupArn] : [change.target.arn, groupArn, application],
    detail: {
      region,
      application: applicationName,
      deploymentGroup: group.name,
      deploymentId: record.id,
      instanceGroupId: group.id,
      state: change.state,
      instanceId: isDeployment ? undefined : change.target.id,
    },
  };
  return { groupId: group.id, subject: type, body: JSON.stringify(body) };
}
