import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import { heartbeatInterval } from "@sluice/engine";
import {
  completeLifecycleAction,
  pooledInstances,
  recordHeartbeat,
  scalingGroups,
} from "../../gateways/scaling-groups.ts";
import { newDeploymentId } from "../../random.ts";
import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import { recordDeployment } from "../../deployment/record-deployment.ts";
import { requestOf } from "../../deployment/request.ts";
import type { ScaledInstance } from "../../store/scaled-instances.ts";
import type { ScalingHook } from "../../store/scaling-hooks.ts";
import { memberOf } from "../find-fleet.ts";
import { type LaunchPause, launchPauseOf, pauseInWords } from "./launch-pauses.ts";
import type { HookContext } from "./managed-hooks.ts";
import { recordStates, type ObservedGroup, waitsFor } from "./scaled-instances.ts";

export interface LifecycleActionContext extends HookContext {
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly wake: (deploymentId: string) => void;
  /** Warns an operator of what no deployment shows. */
  readonly warn: (about: Readonly<Record<string, string>>, message: string) => void;
  /** What has been warned of already: Auto Scaling groups whose warm pool cannot be read, and launches that pause. */
  readonly warned: Set<string>;
  /** When the last heartbeat was sent for an instance that waits while launches pause. */
  readonly heartbeats: Map<string, number>;
  readonly onDefect: (error: unknown, about: string) => void;
}

/**
 * Starts a deployment for each instance that waits for one of our hooks, or lets it continue if there is nothing to
 * deploy (deployments.md §6.2, §6.4).
 */
export async function startLifecycleDeployments(context: LifecycleActionContext): Promise<void> {
  const { store, gateways } = context;
  const byGroup = Map.groupBy(store.scaling.all(), ({ groupId }) => groupId);
  for (const [groupId, hooks] of byGroup) {
    const group = store.groups.byId(groupId);
    if (group === undefined) continue;
    const names = [...new Set(hooks.map(({ scalingGroup }) => scalingGroup))];
    try {
      const groups = await scalingGroups(gateways.as(group.settings.serviceRoleArn), names);
      const all: ObservedGroup[] = [];
      for (const one of groups) all.push({ group: one, instances: await instancesOf(context, group, one) });
      const seen = await recordStates(store, groupId, all);
      for (const { group: one, instances } of all)
        for (const hook of hooks.filter(({ scalingGroup }) => scalingGroup === one.AutoScalingGroupName))
          for (const instance of instances)
            if (waits(hook, instance, seen.get(instance.InstanceId ?? "")))
              await handle(context, { group, hook, instance });
    } catch (error) {
      // A failure of one group's role must not keep instances of other groups waiting.
      context.onDefect(error, `the Auto Scaling groups of deployment group "${group.name}"`);
    }
  }
}

/** Returns the instances of an Auto Scaling group and of its warm pool. */
async function instancesOf(
  { gateways, warn, warned }: LifecycleActionContext,
  { name, settings }: DeploymentGroup,
  scalingGroup: AutoScalingGroup,
): Promise<readonly Instance[]> {
  const { Instances = [], AutoScalingGroupName = "" } = scalingGroup;
  try {
    return [...Instances, ...(await pooledInstances(gateways.as(settings.serviceRoleArn), scalingGroup))];
  } catch (error) {
    if (!(error instanceof Error) || !/AccessDenied|Unauthorized/.test(error.name)) throw error;
    const about = { deploymentGroup: name, scalingGroup: AutoScalingGroupName };
    // Once is enough: the next run has the same result.
    if (!warned.has(AutoScalingGroupName))
      warn(
        about,
        `Instances that wait for the warm pool of ${AutoScalingGroupName} get no deployment: ${error.message}`,
      );
    warned.add(AutoScalingGroupName);
    return Instances;
  }
}

/** Whether an instance waits for a hook, and has not been handled yet. */
function waits({ transition }: ScalingHook, { LifecycleState }: Instance, seen: ScaledInstance | undefined): boolean {
  return waitsFor(LifecycleState, seen) === transition && seen?.handledState !== LifecycleState;
}

/** Must be called in the transaction that handles a wait: it is not handled again. */
function recordHandled({ store }: LifecycleActionContext, { group, instance }: Waiting): void {
  const { InstanceId = "", LifecycleState = "" } = instance;
  const remembered = store.scaledInstances.of(group.id).find((one) => one.instance === InstanceId);
  store.scaledInstances.put({
    groupId: group.id,
    instance: InstanceId,
    handledState: LifecycleState,
    hasServed: remembered?.hasServed ?? false,
  });
}

interface Waiting {
  readonly group: DeploymentGroup;
  readonly hook: ScalingHook;
  readonly instance: Instance;
}

async function handle(context: LifecycleActionContext, waiting: Waiting): Promise<void> {
  const { group, hook, instance } = waiting;
  if (group.targetRevision === undefined) return continueWithoutDeployment(context, waiting);
  if (hook.transition === "launch" && (await isPaused(context, waiting))) return undefined;
  context.heartbeats.delete(instance.InstanceId ?? "");
  return deploy(context, waiting, group.targetRevision);
}

/**
 * Unlike AWS: after some failures in a row the next instances wait, with heartbeats, and are tried one at a time. If
 * the deployment to one fails, the result of its hook is still ABANDON.
 */
async function isPaused(context: LifecycleActionContext, waiting: Waiting): Promise<boolean> {
  const { store, clock } = context;
  const pause = launchPauseOf(store, waiting.group.id);
  if (pause === undefined) return false;
  if (clock() >= pause.until && !store.deployments.isLaunching(waiting.group.id)) return false;
  await warnOfPause(context, waiting, pause);
  await keepWaiting(context, waiting);
  return true;
}

/**
 * Once for each failure, in the log and in the notes of the deployment to which GetDeploymentGroup's
 * `lastAttemptedDeployment` leads.
 */
async function warnOfPause(
  { store, clock, warn, warned }: LifecycleActionContext,
  { group, hook }: Waiting,
  pause: LaunchPause,
): Promise<void> {
  if (warned.has(pause.lastFailed)) return;
  warned.add(pause.lastFailed);
  const { scalingGroup } = hook;
  const message = pauseInWords(pause, group, scalingGroup);
  if (store.deployments.byId(pause.lastFailed)?.state.notes.includes(message) === true) return; // warned before a restart
  await store.write(() => store.deployments.addNote(pause.lastFailed, message, clock()));
  warn({ deploymentGroup: group.name, scalingGroup }, message);
}

async function keepWaiting(
  { gateways, clock, heartbeats }: LifecycleActionContext,
  { group, hook, instance }: Waiting,
): Promise<void> {
  const { InstanceId = "" } = instance;
  if (clock() < (heartbeats.get(InstanceId) ?? Number.NEGATIVE_INFINITY) + heartbeatInterval) return;
  heartbeats.set(InstanceId, clock());
  await recordHeartbeat(gateways.as(group.settings.serviceRoleArn), {
    scalingGroup: hook.scalingGroup,
    hook: hook.name,
    instance: InstanceId,
  });
}

/**
 * Without a successful revision there is nothing to deploy: the instance continues as it is, and the reason is recorded
 * (deployments.md §6.2 rule 3).
 */
async function continueWithoutDeployment(context: LifecycleActionContext, waiting: Waiting): Promise<void> {
  const { store, gateways, clock, warn } = context;
  const { group, hook, instance } = waiting;
  const { InstanceId = "" } = instance;
  const { scalingGroup, transition, name } = hook;
  await completeLifecycleAction(gateways.as(group.settings.serviceRoleArn), {
    scalingGroup,
    hook: name,
    instance: InstanceId,
    result: "CONTINUE",
  });
  const note = `No deployment to ${InstanceId}: the deployment group ${group.name} has no successful revision yet`;
  await store.write(() => {
    store.scaling.putAction({ groupId: group.id, instance: InstanceId, transition, note, at: clock() });
    recordHandled(context, waiting);
  });
  warn({ deploymentGroup: group.name, instance: InstanceId }, note);
}

async function deploy(
  context: LifecycleActionContext,
  waiting: Waiting,
  revision: NonNullable<DeploymentGroup["targetRevision"]>,
): Promise<void> {
  const { store, clock, region, accountId, wake } = context;
  const { group, hook, instance } = waiting;
  const { InstanceId = "", AvailabilityZone } = instance;
  const { scalingGroup, transition, name } = hook;
  const id = newDeploymentId();
  const last = store.deployments.lastOf(group.id, "Succeeded");
  const memory = store.deployments.memories(group.id)[InstanceId];
  const running = {
    id: InstanceId,
    state: "running",
    zone: AvailabilityZone,
  } as const;
  await store.write(() => {
    recordDeployment(store, {
      id,
      now: clock(),
      group,
      kind: transition,
      minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
      ignoreApplicationStopFailures: false,
      lifecycleAction: { scalingGroup, hook: name, instance: InstanceId },
      fleet: { found: [memberOf(running, { group, memory, region, accountId })] },
      request: requestOf(group, {
        creator: transition === "launch" ? "autoscaling" : "autoscalingTermination",
        revision,
        fileExistsBehavior: last?.request.fileExistsBehavior ?? "DISALLOW",
        deploymentStyle: {
          deploymentType: "IN_PLACE",
          deploymentOption: optionOf(group, waiting),
        },
      }),
    });
    store.scaling.putAction({ groupId: group.id, instance: InstanceId, transition, deploymentId: id, at: clock() });
    recordHandled(context, waiting);
  });
  wake(id);
}

/**
 * An instance on its way into the warm pool gets the revision but no traffic, which it gets when it leaves the pool
 * (inferred).
 */
function optionOf({ settings }: DeploymentGroup, { hook, instance }: Waiting) {
  const isForPool = hook.transition === "launch" && instance.LifecycleState?.startsWith("Warmed:") === true;
  return isForPool
    ? "WITHOUT_TRAFFIC_CONTROL"
    : (settings.deploymentStyle?.deploymentOption ?? "WITHOUT_TRAFFIC_CONTROL");
}
