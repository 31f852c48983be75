import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import { heartbeatInterval } from "@sluice/engine";
import {
  completeLifecycleAction,
  pooledInstances,
  recordHeartbeat,
  scalingGroups,
} from "../gateways/scaling-groups.ts";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import { recordDeployment, requestOf } from "../store/record-deployment.ts";
import type { ScaledInstance } from "../store/scaled-instances.ts";
import type { ScalingHook } from "../store/scaling-hooks.ts";
import { memberOf } from "./find-fleet.ts";
import { type LaunchPause, launchPauseOf, pauseInWords } from "./launch-pauses.ts";
import type { HookKeeper } from "./managed-hooks.ts";
import { noteSeen, type SeenGroup, waitsFor } from "./scaled-instances.ts";

/** What new lifecycle actions are taken up with. */
export interface ActionTaker extends HookKeeper {
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly wake: (deploymentId: string) => void;
  /** Told of what a person should know, and no deployment shows. */
  readonly say: (about: Readonly<Record<string, string>>, message: string) => void;
  /** What has been said already, and need not be said in each round: Auto Scaling groups whose warm pool cannot be seen, launches that pause. */
  readonly said: Set<string>;
  /** When Auto Scaling was last told that an instance goes on waiting while launches pause, by instance. */
  readonly beats: Map<string, number>;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Looks which instances wait for our hooks, and gives each its deployment, or lets it go on where there is nothing to deploy (deployments.md §6.2, §6.4). */
export async function takeUpActions(taker: ActionTaker): Promise<void> {
  const { store, gateways } = taker;
  const byGroup = Map.groupBy(store.scaling.all(), ({ groupId }) => groupId);
  for (const [groupId, hooks] of byGroup) {
    const group = store.groups.byId(groupId);
    if (group === undefined) continue;
    const names = [...new Set(hooks.map(({ scalingGroup }) => scalingGroup))];
    try {
      const found = await scalingGroups(gateways.as(group.settings.serviceRoleArn), names);
      const all: SeenGroup[] = [];
      for (const one of found) all.push({ group: one, instances: await instancesOf(taker, group, one) });
      const seen = await noteSeen(store, groupId, all);
      for (const { group: one, instances } of all)
        for (const hook of hooks.filter(({ scalingGroup }) => scalingGroup === one.AutoScalingGroupName))
          for (const instance of instances)
            if (waits(hook, instance, seen.get(instance.InstanceId ?? "")))
              await takeUp(taker, { group, hook, instance });
    } catch (error) {
      // What one group's role may not do keeps no instance of another group waiting.
      taker.onDefect(error, `the Auto Scaling groups of deployment group "${group.name}"`);
    }
  }
}

/** The instances of an Auto Scaling group and of its warm pool. */
async function instancesOf(
  { gateways, say, said }: ActionTaker,
  { name, settings }: DeploymentGroup,
  scalingGroup: AutoScalingGroup,
): Promise<readonly Instance[]> {
  const { Instances = [], AutoScalingGroupName = "" } = scalingGroup;
  try {
    return [...Instances, ...(await pooledInstances(gateways.as(settings.serviceRoleArn), scalingGroup))];
  } catch (error) {
    if (!(error instanceof Error) || !/AccessDenied|Unauthorized/.test(error.name)) throw error;
    const about = { deploymentGroup: name, scalingGroup: AutoScalingGroupName };
    // Once is enough: the next round finds the same.
    if (!said.has(AutoScalingGroupName))
      say(
        about,
        `Instances that wait for the warm pool of ${AutoScalingGroupName} get no deployment: ${error.message}`,
      );
    said.add(AutoScalingGroupName);
    return Instances;
  }
}

/** Whether an instance waits for a hook, and nobody has taken that up. */
function waits({ transition }: ScalingHook, { LifecycleState }: Instance, seen: ScaledInstance | undefined): boolean {
  return waitsFor(LifecycleState, seen) === transition && seen?.takenUp !== LifecycleState;
}

/** In the transaction that takes a wait up: it is not taken up again. */
function noteTakenUp({ store }: ActionTaker, { group, instance }: Waiting): void {
  const { InstanceId = "", LifecycleState = "" } = instance;
  const known = store.scaledInstances.of(group.id).find((one) => one.instance === InstanceId);
  store.scaledInstances.note({
    ...{ groupId: group.id, instance: InstanceId, takenUp: LifecycleState },
    hasServed: known?.hasServed ?? false,
  });
}

interface Waiting {
  readonly group: DeploymentGroup;
  readonly hook: ScalingHook;
  readonly instance: Instance;
}

async function takeUp(taker: ActionTaker, waiting: Waiting): Promise<void> {
  const { group, hook, instance } = waiting;
  if (group.targetRevision === undefined) return letGoOn(taker, waiting);
  if (hook.transition === "launch" && (await isPaused(taker, waiting))) return undefined;
  taker.beats.delete(instance.InstanceId ?? "");
  return deploy(taker, waiting, group.targetRevision);
}

/** Unlike AWS: after some failures in a row the next instance waits before it is tried, one at a time, and Auto Scaling is told that it does. What becomes of its hook when it has been tried stays ABANDON. */
async function isPaused(taker: ActionTaker, waiting: Waiting): Promise<boolean> {
  const { store, clock } = taker;
  const pause = launchPauseOf(store, waiting.group.id);
  if (pause === undefined) return false;
  if (clock() >= pause.until && !store.deployments.isLaunching(waiting.group.id)) return false;
  await tellPause(taker, waiting, pause);
  await keepWaiting(taker, waiting);
  return true;
}

/** Once for each failure, in the log and where GetDeploymentGroup's `lastAttemptedDeployment` leads to. */
async function tellPause(
  { store, say, said }: ActionTaker,
  { group, hook }: Waiting,
  pause: LaunchPause,
): Promise<void> {
  if (said.has(pause.lastFailed)) return;
  said.add(pause.lastFailed);
  const { scalingGroup } = hook;
  const message = pauseInWords(pause, group, scalingGroup);
  if (store.deployments.byId(pause.lastFailed)?.state.notes.includes(message) === true) return; // told before a restart
  await store.write(() => store.deployments.addNote(pause.lastFailed, message));
  say({ deploymentGroup: group.name, scalingGroup }, message);
}

async function keepWaiting({ gateways, clock, beats }: ActionTaker, { group, hook, instance }: Waiting): Promise<void> {
  const { InstanceId = "" } = instance;
  if (clock() < (beats.get(InstanceId) ?? Number.NEGATIVE_INFINITY) + heartbeatInterval) return;
  beats.set(InstanceId, clock());
  await recordHeartbeat(gateways.as(group.settings.serviceRoleArn), {
    ...{ scalingGroup: hook.scalingGroup, hook: hook.name, instance: InstanceId },
  });
}

/** Without a successful revision there is nothing to deploy: the instance goes on as it is, and the reason is kept (deployments.md §6.2 rule 3). */
async function letGoOn(taker: ActionTaker, waiting: Waiting): Promise<void> {
  const { store, gateways, clock, say } = taker;
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
    store.scaling.noteAction({ groupId: group.id, instance: InstanceId, transition, note, at: clock() });
    noteTakenUp(taker, waiting);
  });
  say({ deploymentGroup: group.name, instance: InstanceId }, note);
}

async function deploy(
  taker: ActionTaker,
  waiting: Waiting,
  revision: NonNullable<DeploymentGroup["targetRevision"]>,
): Promise<void> {
  const { store, clock, region, accountId, wake } = taker;
  const { group, hook, instance } = waiting;
  const { InstanceId = "", AvailabilityZone } = instance;
  const { scalingGroup, transition, name } = hook;
  const id = newDeploymentId();
  const last = store.deployments.lastOf(group.id, "Succeeded");
  const memory = store.deployments.memories(group.id)[InstanceId];
  const found = {
    id: InstanceId,
    state: "running",
    ...(AvailabilityZone === undefined ? {} : { zone: AvailabilityZone }),
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
      fleet: { found: [memberOf(found, { group, memory, region, accountId })] },
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
    store.scaling.noteAction({ groupId: group.id, instance: InstanceId, transition, deploymentId: id, at: clock() });
    noteTakenUp(taker, waiting);
  });
  wake(id);
}

/** An instance on its way into the warm pool gets the revision and no traffic: that comes when it leaves the pool (inferred). */
function optionOf({ settings }: DeploymentGroup, { hook, instance }: Waiting) {
  const isForPool = hook.transition === "launch" && instance.LifecycleState?.startsWith("Warmed:") === true;
  return isForPool
    ? "WITHOUT_TRAFFIC_CONTROL"
    : (settings.deploymentStyle?.deploymentOption ?? "WITHOUT_TRAFFIC_CONTROL");
}
