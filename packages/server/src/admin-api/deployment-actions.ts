import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { isOver } from "@sluice/engine";
import { Fault } from "@sluice/aws-protocol";
import { fault } from "../faults.ts";
import { revisionInWords } from "../deployment/revision-in-words.ts";
import { applicationOf, type Context, deploymentOf, groupOf } from "../operations/context.ts";
import type { CreateDeploymentRequest } from "../operations/create-deployment.ts";
import { revisionIdentity } from "../store/index.ts";

// What CreateDeployment is asked for when somebody wants to go on after a failure. Nothing is recorded here.

/** How to try again. */
export interface RetryRequest {
  readonly deploymentId?: string | undefined;
  readonly ignoreApplicationStopFailures?: boolean | undefined;
  readonly fileExistsBehavior?: string | undefined;
  readonly description?: string | undefined;
}

/**
 * Returns the request for a deployment of the same revision to the hosts that do not have it: those that failed, that
 * were not tried, or that have come since. Throws when the deployment is not over, or nobody needs it.
 */
export function retryRequestOf(context: Context, asked: RetryRequest): CreateDeploymentRequest {
  const { store } = context;
  const record = deploymentOf(context, asked.deploymentId);
  const { id, state, request, groupId, applicationId } = record;
  const group = store.groups.byId(groupId);
  const application = store.applications.byId(applicationId);
  if (group === undefined || application === undefined)
    throw fault("DeploymentGroupDoesNotExist", `The deployment group of ${id} has been deleted`);
  if (!isOver(state))
    throw fault(
      "InvalidDeploymentStatus",
      `The deployment ${id} is ${state.status}: wait for its end, or stop it first`,
    );
  const isInPlace = state.kind === "in-place";
  const targets = store.deployments.targets(id);
  if (isInPlace && targets.length > 0 && targets.every(({ status }) => status === "Succeeded"))
    throw fault("InvalidInput", `All ${targets.length} targets of ${id} have succeeded: there is nothing to try again`);
  const behavior = asked.fileExistsBehavior ?? request.fileExistsBehavior;
  return {
    applicationName: application.name,
    deploymentGroupName: group.name,
    revision: request.revision,
    deploymentConfigName: request.deploymentConfigName,
    description: asked.description ?? `Retry of ${id}`,
    ignoreApplicationStopFailures: asked.ignoreApplicationStopFailures ?? state.ignoreApplicationStopFailures,
    fileExistsBehavior: fileExistsBehaviorOf(behavior),
    updateOutdatedInstancesOnly: isInPlace,
    targetInstances: request.targetInstances,
  };
}

function fileExistsBehaviorOf(text: string): "DISALLOW" | "OVERWRITE" | "RETAIN" {
  if (text === "DISALLOW" || text === "OVERWRITE" || text === "RETAIN") return text;
  throw fault("InvalidFileExistsBehavior", `fileExistsBehavior is "${text}": expected DISALLOW, OVERWRITE or RETAIN`);
}

/** Where to go back to. */
export interface RollBackRequest {
  readonly applicationName?: string | undefined;
  readonly deploymentGroupName?: string | undefined;
  /** A deployment's id, or a revision as Sluice names it, or the end of such a name. */
  readonly revision?: string | undefined;
  readonly description?: string | undefined;
}

/** How many earlier deployments are looked through. */
const lookedThroughMax = 200;

/**
 * Returns the request for a deployment of an earlier revision to the whole group. Without a revision: the last one that
 * succeeded, and that is not the one which was deployed last. Throws when there is none, or the name fits several.
 */
export function rollBackRequestOf(context: Context, asked: RollBackRequest): CreateDeploymentRequest {
  const application = applicationOf(context, asked.applicationName);
  const group = groupOf(context, application, asked.deploymentGroupName);
  const earlier = earlierRevisions(context, group.id);
  const chosen = asked.revision === undefined ? previousOf(earlier, group.name) : named(earlier, asked.revision);
  return {
    applicationName: application.name,
    deploymentGroupName: group.name,
    revision: chosen,
    description: asked.description ?? `Rollback to ${revisionInWords(chosen)}`,
    // As in automatic rollbacks: the scripts of the revision that has failed must not keep a fleet from being repaired.
    ignoreApplicationStopFailures: true,
  };
}

interface Earlier {
  readonly deploymentId: string;
  readonly revision: RevisionLocation;
  readonly hasSucceeded: boolean;
}

/** The latest first. */
function earlierRevisions({ store }: Context, groupId: string): readonly Earlier[] {
  return store.deployments.list({ groupId }, { most: lookedThroughMax }).flatMap(({ id }) => {
    const record = store.deployments.byId(id);
    if (record === undefined) return [];
    return [{ deploymentId: id, revision: record.request.revision, hasSucceeded: record.state.status === "Succeeded" }];
  });
}

function previousOf(earlier: readonly Earlier[], group: string): RevisionLocation {
  const [last] = earlier;
  const lastIdentity = last && revisionIdentity(last.revision);
  const found = earlier.find(
    ({ revision, hasSucceeded }) => hasSucceeded && revisionIdentity(revision) !== lastIdentity,
  );
  if (found === undefined)
    throw fault(
      "RevisionDoesNotExist",
      `The deployment group "${group}" has no earlier revision that succeeded. Name one with --to, or deploy another one`,
    );
  return found.revision;
}

function named(earlier: readonly Earlier[], name: string): RevisionLocation {
  const byDeployment = earlier.find(({ deploymentId }) => deploymentId === name);
  if (byDeployment !== undefined) return byDeployment.revision;
  const fitting = new Map(
    earlier
      .filter(({ revision }) => fits(revisionInWords(revision), name))
      .map(({ revision }) => [revisionIdentity(revision), revision]),
  );
  const [found, second] = fitting.values();
  if (found !== undefined && second === undefined) return found;
  const names = [...new Set(earlier.map(({ revision }) => revisionInWords(revision)))].slice(0, 10).join(", ");
  throw new Fault(
    "RevisionDoesNotExistException",
    found === undefined
      ? `No deployment of this group had the revision "${name}". It had: ${names || "none"}`
      : `"${name}" fits ${fitting.size} revisions: ${[...fitting.values()].slice(0, 5).map(revisionInWords).join(", ")}. Name the deployment's id instead`,
  );
}

const fits = (words: string, name: string): boolean => words === name || (name !== "" && words.endsWith(name));
