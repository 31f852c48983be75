import { provisioningTag } from "../../gateways/copy-scaling-group.ts";
import { blockTraffic } from "../../gateways/load-balancers.ts";
import { deleteScalingGroups, scalingGroups } from "../../gateways/scaling-groups.ts";
import type { CopiedGroup } from "../../store/copied-groups.ts";
import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { HookContext } from "./managed-hooks.ts";

/**
 * The tag of a deployment group that decides about the copies which failed deployments leave behind
 * (deployments.md §7.4).
 */
export const cleanupTag = "sluice:green-cleanup";

const minute = 60_000;

/**
 * Returns how long after a failed deployment its copy is deleted, in milliseconds; undefined to keep it, as AWS does.
 */
export function cleanupDelay(value: string | undefined): number | undefined {
  if (value === "delete-on-failure") return 0;
  const minutes = /^delete-after:(\d{1,6})$/.exec(value ?? "")?.[1];
  return minutes === undefined ? undefined : Number(minutes) * minute;
}

export interface CleanupContext extends HookContext {
  readonly clock: () => number;
}

/**
 * Removes the copies that failed deployments have left, if their deployment groups ask for it: each is deregistered
 * first, and deleted only if no deployment group names it.
 */
export async function cleanUpCopies(context: CleanupContext): Promise<void> {
  const { store } = context;
  for (const copied of store.copies.left()) {
    const record = store.deployments.byId(copied.deploymentId);
    const group = store.groups.byId(copied.groupId);
    if (record !== undefined && group !== undefined && isDue(context, record, group))
      await remove(context, copied, { record, group });
  }
}

function isDue({ store, clock }: CleanupContext, { state }: DeploymentRecord, { id }: DeploymentGroup): boolean {
  const tag = store.tags.of("deploymentgroup", id).find(({ Key }) => Key === cleanupTag);
  const delay = cleanupDelay(tag?.Value);
  if (delay === undefined || state.completeTime === undefined || clock() < state.completeTime + delay) return false;
  return store.deployments.liveOf(id) === undefined; // a rollback may still be under way
}

async function remove(
  { store, gateways, clock }: CleanupContext,
  { deploymentId, scalingGroup }: CopiedGroup,
  { record, group }: { record: DeploymentRecord; group: DeploymentGroup },
): Promise<void> {
  if (store.groups.naming(scalingGroup).length > 0) {
    await store.write(() => store.copies.settle(deploymentId));
    return;
  }
  const clients = gateways.as(group.settings.serviceRoleArn);
  const [copy] = await scalingGroups(clients, [scalingGroup]);
  const isOurs = copy?.Tags?.some(({ Key, Value }) => Key === provisioningTag && Value === deploymentId) === true;
  if (isOurs) {
    const balancers = record.state.balancers ?? { targetGroups: [], classic: [] };
    for (const { InstanceId = "" } of copy.Instances ?? [])
      if (!(await isOut(clients, { instance: InstanceId, balancers }))) return; // it drains: the next run tries again
    if ((await deleteScalingGroups(clients, [scalingGroup])).is !== "done") return;
  }
  await store.write(() => {
    store.copies.settle(deploymentId);
    const note = `The Auto Scaling group ${scalingGroup} was deleted with its instances`;
    store.deployments.addNote(deploymentId, note, clock());
  });
}

async function isOut(
  clients: Parameters<typeof blockTraffic>[0],
  { instance, balancers }: Omit<Parameters<typeof blockTraffic>[1], "kind">,
): Promise<boolean> {
  const effect = { kind: "block traffic", instance, balancers } as const;
  const outcome = await blockTraffic(clients, effect, undefined);
  if (outcome.is === "done" && (outcome.checkpoint?.registrations?.length ?? 0) === 0) return true;
  return (await blockTraffic(clients, effect, outcome.is === "failed" ? undefined : outcome.checkpoint)).is === "done";
}
