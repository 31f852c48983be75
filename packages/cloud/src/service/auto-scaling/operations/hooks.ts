import type { LifecycleHookSpecification } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { type Group, withMember } from "../model/group.ts";
import {
  completed,
  globalTimeoutSeconds,
  type Hook,
  type HookAction,
  type Transition,
  withHeartbeat,
} from "../model/hook.ts";

const transitions: readonly Transition[] = [
  "autoscaling:EC2_INSTANCE_LAUNCHING",
  "autoscaling:EC2_INSTANCE_TERMINATING",
];

/** Limits of Auto Scaling: heartbeat timeouts in seconds, hooks of a group, characters of metadata. */
const heartbeatSecondsMin = 30;
const heartbeatSecondsMax = 7200;
const heartbeatSecondsDefault = 3600;
const hooksMax = 50;
const metadataLengthMax = 4000;

/** Operations on lifecycle hooks and lifecycle actions. */
export const hookOperations: AutoScalingOperations = {
  PutLifecycleHook({ groups, publish, accountId, clock }, input) {
    const group = groups.getActive(input.AutoScalingGroupName);
    const earlier = group.hooks.find(({ name }) => name === input.LifecycleHookName);
    if (earlier === undefined && group.hooks.length >= hooksMax)
      throw new Fault("LimitExceededFault", `At most ${hooksMax} lifecycle hooks are allowed for an AutoScalingGroup`);
    const hook = hookOf(input, earlier);
    // A change applies to later lifecycle actions, not to those under way.
    groups.put({ ...group, hooks: [...group.hooks.filter(({ name }) => name !== hook.name), hook] });
    if (hook.notificationTargetArn === undefined || earlier !== undefined) return;
    const Time = new Date(clock()).toISOString();
    const test = {
      AccountId: accountId,
      RequestId: "",
      AutoScalingGroupName: group.name,
      Service: "AWS Auto Scaling",
      Event: "autoscaling:TEST_NOTIFICATION",
      Time,
    };
    publish(hook.notificationTargetArn, {
      subject: `Auto Scaling: test notification for group "${group.name}"`,
      body: JSON.stringify(test),
    });
  },

  DeleteLifecycleHook({ groups, wake }, { AutoScalingGroupName, LifecycleHookName: name }) {
    const group = groups.get(AutoScalingGroupName);
    if (!group.hooks.some((hook) => hook.name === name)) throw new Fault("ValidationError", "No Lifecycle Hook found");
    const isLaunch =
      group.hooks.find((hook) => hook.name === name)?.transition === "autoscaling:EC2_INSTANCE_LAUNCHING";
    // Its outstanding actions are completed first: ABANDON for launching instances, CONTINUE for terminating ones.
    const members = group.members.map((member) => ({
      ...member,
      actions: member.actions.map((action) =>
        action.hook === name && action.result === undefined
          ? completed(action, isLaunch ? "ABANDON" : "CONTINUE")
          : action,
      ),
    }));
    groups.put({ ...group, members, hooks: group.hooks.filter((hook) => hook.name !== name) });
    wake(group.name);
  },

  DescribeLifecycleHooks({ groups }, { AutoScalingGroupName, LifecycleHookNames: names = [] }) {
    const group = groups.get(AutoScalingGroupName);
    const found = group.hooks.filter(({ name }) => names.length === 0 || names.includes(name));
    return { LifecycleHooks: found.map((hook) => describe(group, hook)) };
  },

  DescribeLifecycleHookTypes: () => ({ LifecycleHookTypes: [...transitions] }),

  CompleteLifecycleAction(context, input) {
    const result = input.LifecycleActionResult;
    if (result !== "CONTINUE" && result !== "ABANDON")
      throw new Fault("ValidationError", `Lifecycle Action Result must be CONTINUE or ABANDON, and is ${result}`);
    changeAction(context, input, (action) => completed(action, result));
  },

  RecordLifecycleActionHeartbeat(context, input) {
    const { clock, timeScale } = context;
    changeAction(context, input, (action) => withHeartbeat(action, { now: clock(), timeScale }));
  },
};

interface ActionInput {
  readonly AutoScalingGroupName: string | undefined;
  readonly LifecycleHookName: string | undefined;
  readonly LifecycleActionToken?: string | undefined;
  readonly InstanceId?: string | undefined;
}

/** Changes the open action of a token, or of an instance. Throws a Fault when there is none. */
function changeAction(
  { groups, wake }: AutoScalingContext,
  input: ActionInput,
  change: (action: HookAction) => HookAction,
): void {
  const { LifecycleHookName: hook, LifecycleActionToken: token, InstanceId: instanceId } = input;
  if (token === undefined && instanceId === undefined)
    throw new Fault("ValidationError", "Either LifecycleActionToken or InstanceId must be specified");
  const group = groups.get(input.AutoScalingGroupName);
  const isMeant = (action: HookAction) =>
    action.hook === hook && action.result === undefined && (token === undefined || action.token === token);
  const member = group.members.find(
    ({ id, actions }) => (instanceId === undefined || id === instanceId) && actions.some(isMeant),
  );
  if (member === undefined)
    throw new Fault(
      "ValidationError",
      token === undefined
        ? `No active Lifecycle Action found with instance ID ${instanceId}`
        : `No active Lifecycle Action found with token ${token}`,
    );
  const actions = member.actions.map((action) => (isMeant(action) ? change(action) : action));
  groups.put(withMember(group, member.id, (kept) => ({ ...kept, actions })));
  wake(group.name);
}

/** Returns a request's hook; what it leaves out is as before. Throws a Fault for what is invalid. */
export function hookOf(input: Partial<LifecycleHookSpecification>, earlier?: Hook): Hook {
  const {
    LifecycleHookName: name = "",
    LifecycleTransition,
    DefaultResult: defaultResult = earlier?.defaultResult ?? "ABANDON",
  } = input;
  const transition = transitions.find((known) => known === (LifecycleTransition ?? earlier?.transition));
  const heartbeatSeconds = input.HeartbeatTimeout ?? earlier?.heartbeatSeconds ?? heartbeatSecondsDefault;
  const metadata = input.NotificationMetadata ?? earlier?.notificationMetadata;
  if (!/^[A-Za-z0-9\-_/]{1,255}$/.test(name))
    throw new Fault(
      "ValidationError",
      `'${name.slice(0, 255)}' is not a valid lifecycle hook name: it must have 1 to 255 letters, digits and - _ /`,
    );
  if (transition === undefined)
    throw new Fault(
      "ValidationError",
      `LifecycleTransition must be one of ${transitions.join(", ")}, and is ${LifecycleTransition}`,
    );
  if (defaultResult !== "CONTINUE" && defaultResult !== "ABANDON")
    throw new Fault("ValidationError", `DefaultResult must be CONTINUE or ABANDON, and is ${defaultResult}`);
  if (!(heartbeatSeconds >= heartbeatSecondsMin && heartbeatSeconds <= heartbeatSecondsMax))
    throw new Fault(
      "ValidationError",
      `HeartbeatTimeout must be from ${heartbeatSecondsMin} to ${heartbeatSecondsMax} seconds, and is ${heartbeatSeconds}`,
    );
  if ((metadata ?? "").length > metadataLengthMax)
    throw new Fault("ValidationError", `NotificationMetadata may have at most ${metadataLengthMax} characters`);
  const target = input.NotificationTargetARN ?? earlier?.notificationTargetArn ?? "";
  const role = input.RoleARN ?? earlier?.roleArn;
  return {
    name,
    transition,
    heartbeatSeconds,
    defaultResult,
    notificationTargetArn: target === "" ? undefined : target, // an empty ARN removes the target
    roleArn: role,
    notificationMetadata: metadata,
  };
}

function describe({ name: AutoScalingGroupName }: Group, hook: Hook) {
  return {
    AutoScalingGroupName,
    LifecycleHookName: hook.name,
    LifecycleTransition: hook.transition,
    HeartbeatTimeout: hook.heartbeatSeconds,
    GlobalTimeout: globalTimeoutSeconds(hook),
    DefaultResult: hook.defaultResult,
    NotificationTargetARN: hook.notificationTargetArn,
    RoleARN: hook.roleArn,
    NotificationMetadata: hook.notificationMetadata,
  };
}
