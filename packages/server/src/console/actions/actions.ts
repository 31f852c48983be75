import type { ActionName } from "../contract.ts";
import { revisionInWords } from "../../deployment/revision-in-words.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { badRequest } from "../http/problem.ts";
import { optionalText, textIn } from "../http/body.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "../snapshots/context.ts";
import { deploymentFor } from "../snapshots/one-deployment/deployment.ts";
import { locationOf } from "../snapshots/revision-view.ts";
import { namesOf } from "./can.ts";

type Body = ActionBody;

/** An action's body, of which nothing is checked yet. */
export type ActionBody = Readonly<Record<string, unknown>>;

/** What an action works with. */
export interface ActionContext extends SnapshotContext {
  /** Ends one of the viewer's own sessions. Whether there was one. */
  readonly endSession: (viewer: Viewer, id: string) => Promise<boolean>;
}

type Output = Readonly<Record<string, unknown>>;
type Act = (viewer: Viewer, body: Body, context: ActionContext) => Promise<Output>;

/** Calls an operation of CodeDeploy with what is in the body, as it is: the operation checks it. */
const passOn =
  (operation: string): Act =>
  (viewer, body) =>
    viewer.perform("codedeploy", operation, body);

/** Calls an operation about the deployment that the body names. */
const onDeployment =
  (operation: string, more: Body = {}): Act =>
  (viewer, body) =>
    viewer.perform("codedeploy", operation, { deploymentId: textIn(body, "deploymentId"), ...more });

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
  redeploy: async (viewer, body, context) => {
    const record = await named(viewer, body, context);
    return create(viewer, context, record, { description: `${record.id} again` });
  },
  retry: (viewer, body) =>
    viewer.perform("sluice", "RetryDeployment", {
      deploymentId: textIn(body, "deploymentId"),
      ...(body["ignoreApplicationStopFailures"] === true ? { ignoreApplicationStopFailures: true } : {}),
    }),
  rollback: async (viewer, body, context) => {
    const { application, group } = namesOf(context, await named(viewer, body, context));
    return viewer.perform("sluice", "RollBackDeploymentGroup", {
      applicationName: application,
      deploymentGroupName: group,
      ...revisionIn(body),
    });
  },
  "tag-host": (viewer, body) =>
    viewer.perform("codedeploy", "AddTagsToOnPremisesInstances", {
      instanceNames: [textIn(body, "host")],
      tags: [{ Key: textIn(body, "key"), Value: optionalText(body, "value") ?? "" }],
    }),
  "deregister-host": (viewer, body) =>
    viewer.perform("codedeploy", "DeregisterOnPremisesInstance", { instanceName: textIn(body, "host") }),
  "revoke-session": async (viewer, body, { endSession }) => {
    if (!(await endSession(viewer, textIn(body, "id")))) throw badRequest("You have no such session");
    return {};
  },
};

const named = (viewer: Viewer, body: Body, context: ActionContext): Promise<DeploymentRecord> =>
  deploymentFor(viewer, context, textIn(body, "deploymentId"));

/** The revision that is to come back, in the operation's words. */
function revisionIn(body: Body): Body {
  const id = optionalText(body, "revisionId");
  if (id === undefined) return {};
  const location = locationOf(id);
  if (location === undefined) throw badRequest("revisionId must be the id of a revision, as rows have it");
  return { revision: revisionInWords(location) };
}

/** Creates a deployment like another one. */
function create(viewer: Viewer, context: ActionContext, record: DeploymentRecord, more: Body): Promise<Output> {
  const { application, group } = namesOf(context, record);
  const { revision, deploymentConfigName, fileExistsBehavior } = record.request;
  return viewer.perform("codedeploy", "CreateDeployment", {
    applicationName: application,
    deploymentGroupName: group,
    revision,
    deploymentConfigName,
    fileExistsBehavior,
    ...more,
  });
}
