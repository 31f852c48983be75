import type { Instance } from "@aws-sdk/client-auto-scaling";
import { completeLifecycleAction, scalingGroups } from "../gateways/scaling-groups.ts";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import { recordDeployment, requestOf } from "../store/record-deployment.ts";
import type { ScalingHook } from "../store/scaling-hooks.ts";
import { memberOf } from "./find-fleet.ts";
import type { HookKeeper } from "./managed-hooks.ts";

/** What new lifecycle actions are taken up with. */
export interface ActionTaker extends HookKeeper {
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly wake: (deploymentId: string) => void;
  /** Told of what a person should know, and no deployment shows. */
  readonly say: (about: Readonly<Record<string, string>>, message: string) => void;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** States in which an instance waits for its hooks. */
const waitingState = {
  launch: ["Pending:Wait", "Warmed:Pending:Wait"],
  termination: ["Terminating:Wait", "Warmed:Terminating:Wait"],
} as const;

/** How many launches in a row have to fail before it is said that the revision itself seems bad (deployments.md §13, 6). */
const failuresInARow = 3;

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
      for (const { AutoScalingGroupName, Instances = [] } of found)
        for (const hook of hooks.filter(({ scalingGroup }) => scalingGroup === AutoScalingGroupName))
          for (const instance of Instances)
            if (waits(taker, hook, instance)) await takeUp(taker, { group, hook, instance });
    } catch (error) {
      // What one group's role may not do keeps no instance of another group waiting.
      taker.onDefect(error, `the Auto Scaling groups of deployment group "${group.name}"`);
    }
  }
}

function waits({ store }: ActionTaker, { groupId, transition }: ScalingHook, instance: Instance): boolean {
  const states: readonly string[] = waitingState[transition];
  if (instance.InstanceId === undefined || !states.includes(instance.LifecycleState ?? "")) return false;
  return store.scaling.action(groupId, instance.InstanceId, transition) === undefined;
}

interface Waiting {
  readonly group: DeploymentGroup;
  readonly hook: ScalingHook;
  readonly instance: Instance;
}

async function takeUp(taker: ActionTaker, waiting: Waiting): Promise<void> {
  if (waiting.group.targetRevision === undefined) await letGoOn(taker, waiting);
  else await deploy(taker, waiting, waiting.group.targetRevision);
}

/** Without a successful revision there is nothing to deploy: the instance goes on as it is, and the reason is kept (deployments.md §6.2 rule 3). */
async function letGoOn(
  { store, gateways, clock, say }: ActionTaker,
  { group, hook, instance }: Waiting,
): Promise<void> {
  const { InstanceId = "" } = instance;
  const { scalingGroup, transition, name } = hook;
  await completeLifecycleAction(gateways.as(group.settings.serviceRoleArn), {
    scalingGroup,
    hook: name,
    instance: InstanceId,
    result: "CONTINUE",
  });
  const note = `No deployment to ${InstanceId}: the deployment group ${group.name} has no successful revision yet`;
  await store.write(() =>
    store.scaling.noteAction({ groupId: group.id, instance: InstanceId, transition, note, at: clock() }),
  );
  say({ deploymentGroup: group.name, instance: InstanceId }, note);
}

async function deploy(
  taker: ActionTaker,
  { group, hook, instance }: Waiting,
  revision: NonNullable<DeploymentGroup["targetRevision"]>,
): Promise<void> {
  const { store, clock, region, accountId, wake, say } = taker;
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
          deploymentOption: group.settings.deploymentStyle?.deploymentOption ?? "WITHOUT_TRAFFIC_CONTROL",
        },
      }),
    });
    store.scaling.noteAction({ groupId: group.id, instance: InstanceId, transition, deploymentId: id, at: clock() });
  });
  const failures = launchFailures(taker, group.id);
  if (transition === "launch" && failures >= failuresInARow)
    say(
      { deploymentGroup: group.name, scalingGroup },
      `${failures} launches in a row have failed: the group's last successful revision itself seems bad. Deploy one that works, or suspend the process Launch of ${scalingGroup}`,
    );
  wake(id);
}

function launchFailures({ store }: ActionTaker, groupId: string): number {
  const ends = store.scaling
    .actions(groupId, failuresInARow + 1)
    .filter(({ transition, deploymentId }) => transition === "launch" && deploymentId !== undefined)
    .map(({ deploymentId = "" }) => store.deployments.byId(deploymentId)?.state.status)
    .filter((status) => status === "Succeeded" || status === "Failed" || status === "Stopped");
  const first = ends.findIndex((status) => status === "Succeeded");
  return first < 0 ? ends.length : first;
}
