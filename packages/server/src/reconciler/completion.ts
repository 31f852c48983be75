import { type Deployment, isOver, type World } from "@sluice/engine";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { rollBack } from "./roll-back.ts";
import type { Observation } from "./observation.ts";

/** What else changes in the store when a deployment does: call it in the same transaction. Gives the ids of deployments that have come of it. */
export function applyCompletion(store: Store, { record, world }: Observation, after: World): readonly string[] {
  recordCopy(store, record, after);
  if (isOver(world.deployment) || !isOver(after.deployment)) return [];
  if (after.deployment.status === "Succeeded") applySuccess(store, record, after.deployment);
  const rollbackId = rollBack(store, record, after);
  return rollbackId === undefined ? [] : [rollbackId];
}

/** A group that is about to be copied is in the ledger before it exists, and leaves it when the deployment group owns it. */
function recordCopy(store: Store, { id, groupId }: DeploymentRecord, { deployment }: World): void {
  const scalingGroup = deployment.blueGreen?.copyName;
  if (scalingGroup === undefined || deployment.steps.every(({ name }) => name !== "copy Auto Scaling group")) return;
  if (deployment.status === "Succeeded") store.copies.settle(id);
  else if (!isOver(deployment)) store.copies.add({ deploymentId: id, groupId, scalingGroup });
}

function applySuccess(store: Store, { id, groupId, request }: DeploymentRecord, deployment: Deployment): void {
  if (!movesLastSuccessful(deployment)) return;
  store.groups.succeeded(groupId, request.revision);
  if (deployment.kind !== "lambda") store.followUps.add(request.follows ?? id);
}

/** Deployments of one instance bring what the group has already, rerouting brings nothing, and an alias that is taken back has what it had. */
const movesLastSuccessful = ({ kind, lambda }: Deployment): boolean =>
  kind === "in-place" || kind === "blue-green" || (kind === "lambda" && lambda?.isRollback !== true);
