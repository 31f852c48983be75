import type { ActionName } from "../contract.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { badRequest, ConsoleProblem } from "../http/problem.ts";
import { textIn } from "../http/body.ts";
import type { Asker } from "../rights/asker.ts";
import type { SnapshotContext } from "../snapshots/context.ts";
import { deploymentFor } from "../snapshots/deployment.ts";
import { locationOf } from "../snapshots/revision-view.ts";
import { namesOf, rollbackRevision } from "./can.ts";

type Body = Readonly<Record<string, unknown>>;

/** What an action works with. */
export interface ActionContext extends SnapshotContext {
  /** Ends one of the asker's own sessions. Whether there was one. */
  readonly endSession: (asker: Asker, id: string) => boolean;
}

type Output = Readonly<Record<string, unknown>>;
type Act = (asker: Asker, body: Body, context: ActionContext) => Promise<Output>;

/** Calls an operation of CodeDeploy with what is in the body, as it is: the operation checks it. */
const passOn =
  (operation: string): Act =>
  (asker, body) =>
    asker.perform("codedeploy", operation, body);

/** Calls an operation about the deployment that the body names. */
const onDeployment =
  (operation: string, more: Body = {}): Act =>
  (asker, body) =>
    asker.perform("codedeploy", operation, { deploymentId: textIn(body, "deploymentId"), ...more });

/** The actions on CodeDeploy itself. Those on the local cloud are beside its snapshots. */
export const actions: Readonly<Partial<Record<ActionName, Act>>> = {
  stop: onDeployment("StopDeployment", { autoRollbackEnabled: false }),
  "stop-and-roll-back": onDeployment("StopDeployment", { autoRollbackEnabled: true }),
  continue: onDeployment("ContinueDeployment", { deploymentWaitType: "READY_WAIT" }),
  "skip-wait": onDeployment("ContinueDeployment", { deploymentWaitType: "TERMINATION_WAIT" }),
  "create-deployment": passOn("CreateDeployment"),
  "create-application": passOn("CreateApplication"),
  "register-revision": passOn("RegisterApplicationRevision"),
  "update-group": passOn("UpdateDeploymentGroup"),
  redeploy: async (asker, body, context) => {
    const record = await named(asker, body, context);
    return create(asker, context, record, { description: `${record.id} again` });
  },
  retry: async (asker, body, context) => {
    const record = await named(asker, body, context);
    return create(asker, context, record, {
      updateOutdatedInstancesOnly: true,
      ignoreApplicationStopFailures: body["ignoreApplicationStopFailures"] === true,
      description: `The failed and outdated targets of ${record.id} again`,
    });
  },
  rollback: async (asker, body, context) => {
    const record = await named(asker, body, context);
    const id = body["revisionId"] === undefined ? undefined : textIn(body, "revisionId");
    const revision = id === undefined ? rollbackRevision(context, record) : locationOf(id);
    if (revision === undefined)
      throw id === undefined
        ? new ConsoleProblem(
            409,
            "NoEarlierRevision",
            `The group of ${record.id} has no earlier revision to go back to`,
          )
        : badRequest("revisionId must be the id of a revision, as rows have it");
    return create(asker, context, record, {
      revision,
      ignoreApplicationStopFailures: true,
      description: `Back to where the group was before ${record.id}`,
    });
  },
  "tag-host": (asker, body) =>
    asker.perform("codedeploy", "AddTagsToOnPremisesInstances", {
      instanceNames: [textIn(body, "host")],
      tags: [{ Key: textIn(body, "key"), Value: String(body["value"] ?? "") }],
    }),
  "deregister-host": (asker, body) =>
    asker.perform("codedeploy", "DeregisterOnPremisesInstance", { instanceName: textIn(body, "host") }),
  "revoke-session": async (asker, body, { endSession }) => {
    if (!endSession(asker, textIn(body, "id"))) throw badRequest("You have no such session");
    return {};
  },
};

const named = (asker: Asker, body: Body, context: ActionContext): Promise<DeploymentRecord> =>
  deploymentFor(asker, context, textIn(body, "deploymentId"));

/** Creates a deployment like another one. */
function create(asker: Asker, context: ActionContext, record: DeploymentRecord, more: Body): Promise<Output> {
  const { application, group } = namesOf(context, record);
  const { revision, deploymentConfigName, fileExistsBehavior } = record.request;
  return asker.perform("codedeploy", "CreateDeployment", {
    applicationName: application,
    deploymentGroupName: group,
    revision,
    deploymentConfigName,
    fileExistsBehavior,
    ...more,
  });
}
