import { type Deployment, type Rollback, rollback, rollbackMessages, type World } from "@sluice/engine";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { type NewDeployment, recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";

/**
 * Records the rollback of a deployment that has ended, or why there is none. Must be called in the transaction of that
 * end. Returns the rollback's id (deployments.md §8).
 */
export function rollBack(
  store: Store,
  { id, groupId, request }: DeploymentRecord,
  { deployment, targets, now }: World,
): string | undefined {
  const group = store.groups.byId(groupId);
  if (group === undefined) return undefined;
  const { enabled = false, events = [] } = request.autoRollbackConfiguration ?? {};
  const owed = rollback({
    deployment,
    targets,
    creator: request.creator,
    configuration: { enabled, events },
    hasLastSuccessful: group.targetRevision !== undefined,
  });
  if (owed.is === "none") {
    if (owed.message !== undefined) store.deployments.setRollbackMessage(id, owed.message, now);
    return undefined;
  }
  const made = rollbackOf({ store, group, ended: { deployment, request }, owed, now });
  recordDeployment(store, made);
  return made.id;
}

/**
 * A rollback deploys the last successful revision as it was deployed then, with the ended deployment's configuration.
 * It has no zones, no alarms, and no rollback of its own.
 */
function rollbackOf(about: {
  readonly store: Store;
  readonly group: DeploymentGroup;
  readonly ended: { readonly deployment: Deployment; readonly request: DeploymentRecord["request"] };
  readonly owed: Rollback & { readonly is: "owed" };
  readonly now: number;
}): NewDeployment {
  const { store, group, ended, owed, now } = about;
  const id = newDeploymentId();
  const { alarmConfiguration: _alarms, ...settings } = group.settings;
  const last = store.deployments.lastOf(group.id, "Succeeded");
  return {
    id,
    now,
    group,
    kind: owed.kind,
    minimumHealthyHosts: ended.deployment.minimumHealthyHosts,
    // ApplicationStop belongs to the revision that has just failed, and may never have been started: its script must
    // not keep a fleet from being repaired (inferred).
    ignoreApplicationStopFailures: true,
    reroute: owed.kind === "reroute" ? owed.reroute : undefined,
    lambda: owed.kind === "lambda" ? owed.lambda : undefined,
    ecs: owed.kind === "ecs" ? owed.ecs : undefined,
    request: requestOf(
      { ...group, settings },
      {
        creator: "codeDeployRollback",
        revision: group.targetRevision ?? ended.request.revision,
        fileExistsBehavior: last?.request.fileExistsBehavior ?? "DISALLOW",
        deploymentStyle: ended.request.deploymentStyle,
        deploymentConfigName: ended.request.deploymentConfigName,
        autoRollbackConfiguration: { enabled: false },
        rollbackOf: {
          deploymentId: ended.deployment.id,
          message: rollbackMessages(ended.deployment.id, id).onRollback,
        },
      },
    ),
  };
}
