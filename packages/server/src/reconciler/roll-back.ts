import { type Deployment, type Rollback, rollback, rollbackMessages, type World } from "@sluice/engine";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { type NewDeployment, recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";

/** Records the rollback that a deployment owes at its end, or why there is none. Call it in the transaction of that end; gives the rollback's id (deployments.md §8). */
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
    if (owed.message !== undefined) store.deployments.setRollbackMessage(id, owed.message);
    return undefined;
  }
  const made = rollbackOf({ store, group, ended: { deployment, request }, owed, now });
  recordDeployment(store, made);
  return made.id;
}

/** The rollback takes the last successful revision as it was brought, and the ended deployment's configuration; it has no zones, no alarms, and no rollback of its own. */
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
    // What stops is the revision that has just failed, and may never have been started: its stop script must not keep a fleet from its repair (inferred).
    ignoreApplicationStopFailures: true,
    reroute: owed.kind === "reroute" ? owed.reroute : undefined,
    lambda: owed.kind === "lambda" ? owed.lambda : undefined,
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
