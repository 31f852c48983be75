import { type Deployment, isOver, type World } from "@sluice/engine";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { rollBack } from "./roll-back.ts";
import type { Observation } from "./observation.ts";

/**
 * Records the consequences of a pass, above all of a deployment's end. Must be called in the transaction of the pass.
 * Returns the ids of deployments that it has created.
 */
export function applyCompletion(store: Store, { record, world }: Observation, after: World): readonly string[] {
  recordCopy(store, record, after);
  if (isOver(world.deployment) || !isOver(after.deployment)) return [];
  if (after.deployment.status === "Succeeded") applySuccess(store, record, after.deployment);
  const rollbackId = rollBack(store, record, after);
  return rollbackId === undefined ? [] : [rollbackId];
}

/** A copied group is recorded before it exists, and no longer when the deployment group owns it. */
function recordCopy(store: Store, { id, groupId }: DeploymentRecord, { deployment }: World): void {
  const scalingGroup = deployment.blueGreen?.copyName;
  if (scalingGroup === undefined || deployment.steps.every(({ name }) => name !== "copy Auto Scaling group")) return;
  if (deployment.status === "Succeeded") store.copies.settle(id);
  else if (!isOver(deployment)) store.copies.add({ deploymentId: id, groupId, scalingGroup });
}

function applySuccess(store: Store, { id, groupId, request }: DeploymentRecord, deployment: Deployment): void {
  if (!movesLastSuccessful(deployment)) return;
  store.groups.succeeded(groupId, request.revision);
  if (deployment.kind !== "lambda" && deployment.kind !== "ecs") store.followUps.add(request.follows ?? id);
}

/**
 * Whether a success changes the group's last successful revision: deployments to one instance install that very
 * revision, a reroute installs none, and rollbacks of a function or a service restore what was there before.
 */
const movesLastSuccessful = ({ kind, lambda, ecs }: Deployment): boolean =>
  kind === "in-place" ||
  kind === "blue-green" ||
  (kind === "lambda" && lambda?.isRollback !== true) ||
  (kind === "ecs" && ecs?.restores === undefined);
