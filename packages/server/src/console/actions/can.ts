import { isOver } from "@sluice/engine";
import type { DeploymentAction, Permitted } from "../contract.ts";
import { revisionInWords } from "../../deployment/revision-in-words.ts";
import { revisionIdentity } from "../../store/index.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { Viewer, OperationName } from "../rights/viewer.ts";
import type { SnapshotContext } from "../snapshots/context.ts";

type Can = Readonly<Partial<Record<DeploymentAction, Permitted>>>;

/** What stands against an action as things are; undefined: nothing. */
type StateWhy = string | undefined;

/** A right, and then the state: whoever may not learns that first. */
async function permitted(
  viewer: Viewer,
  right: { readonly operation: OperationName; readonly input: Readonly<Record<string, unknown>> },
  { why, consequence }: { readonly why: StateWhy; readonly consequence?: string | undefined },
): Promise<Permitted> {
  const may = await viewer.may(right.operation, right.input);
  if (!may.isAllowed) return may;
  return why === undefined ? { isAllowed: true, consequence } : { isAllowed: false, because: "state", why };
}

/** Which actions on a deployment the server would accept now. */
export async function deploymentCan(viewer: Viewer, context: SnapshotContext, record: DeploymentRecord): Promise<Can> {
  const { id: deploymentId, state } = record;
  const right = (operation: OperationName) => ({ operation, input: { deploymentId } });
  const over: StateWhy = isOver(state) ? `The deployment has ${state.status.toLowerCase()} already` : undefined;
  const stopping: StateWhy =
    over ?? (state.stopRequestedAt === undefined ? undefined : "The deployment is being stopped already");
  const names = namesOf(context, record);
  const create = {
    operation: "codedeploy:CreateDeployment" as const,
    input: { applicationName: names.application, deploymentGroupName: names.group },
  };
  const busy = busyWhy(context, record);
  const failed = failedOf(context, record);
  const back = isOver(state) ? rollbackRevision(context, record) : undefined;
  const rollBack = { operation: "sluice:RollBackDeploymentGroup" as const, input: create.input };
  const previous = state.status === "Succeeded" ? undefined : context.store.groups.byId(record.groupId)?.targetRevision;
  return {
    stop: await permitted(viewer, right("codedeploy:StopDeployment"), {
      why: stopping,
      consequence: stopConsequence(context, record),
    }),
    "stop-and-roll-back": await permitted(viewer, right("codedeploy:StopDeployment"), {
      why: stopping ?? (previous === undefined ? "The group has no earlier revision to go back to" : undefined),
      consequence: previous && "The targets that were deployed to go back to the last revision that succeeded",
    }),
    ...(record.request.deploymentStyle.deploymentType === "BLUE_GREEN" && !isOver(state)
      ? {
          continue: await permitted(viewer, right("codedeploy:ContinueDeployment"), {
            why: state.status === "Ready" ? undefined : "The replacement is not ready yet",
            consequence: "Traffic moves to the replacement now",
          }),
          "skip-wait": await permitted(viewer, right("codedeploy:ContinueDeployment"), {
            why: isWaitingForTermination(record) ? undefined : "The deployment is not waiting to end the originals",
            consequence: "The originals end now",
          }),
        }
      : {}),
    redeploy: await permitted(viewer, create, { why: busy, consequence: "The same revision is deployed again" }),
    ...(failed > 0
      ? {
          retry: await permitted(viewer, right("sluice:RetryDeployment"), {
            why: busy,
            consequence: `${failed} targets that do not have this revision get it, in a deployment of its own`,
          }),
        }
      : {}),
    rollback: await permitted(viewer, rollBack, {
      why: busy ?? (back === undefined ? "The group has no earlier revision that succeeded" : undefined),
      consequence: back && `The group's targets get ${revisionInWords(back)}`,
    }),
  };
}

/** The application and the group of a deployment, by the names that they have now. */
export function namesOf(
  { store }: Pick<SnapshotContext, "store">,
  { applicationId, groupId, request }: DeploymentRecord,
): { readonly application: string; readonly group: string } {
  return {
    application: store.applications.byId(applicationId)?.name ?? "",
    group: store.groups.byId(groupId)?.name ?? request.groupName,
  };
}

/** Why a group takes no deployment now. */
function busyWhy({ store }: SnapshotContext, { groupId, state }: DeploymentRecord): StateWhy {
  if (store.groups.byId(groupId) === undefined) return "The deployment group has been deleted";
  const live = store.deployments.liveOf(groupId);
  if (live !== undefined) return `The deployment ${live} of this group has not ended yet`;
  return state.kind === "launch" || state.kind === "termination"
    ? "Auto Scaling makes deployments of this kind"
    : undefined;
}

/** How many targets have not got the deployment's revision, once it has ended. */
function failedOf({ store }: SnapshotContext, { id, state }: DeploymentRecord): number {
  if (!isOver(state) || state.kind !== "in-place") return 0;
  const counts = Object.entries(store.overviews.targetCounts(id));
  return counts.reduce((sum, [status, count]) => (status === "Succeeded" ? sum : sum + count), 0);
}

/** How many successes are looked through. */
const lookedThroughMax = 50;

/** The revision that a rollback of the group brings: the last one that succeeded, and that was not deployed last. */
function rollbackRevision(
  { store: { deployments } }: SnapshotContext,
  { groupId }: DeploymentRecord,
): DeploymentRecord["request"]["revision"] | undefined {
  const last = deployments.lastOf(groupId);
  const current = last && revisionIdentity(last.request.revision);
  for (const { id } of deployments.list({ groupId, statuses: ["Succeeded"] }, { most: lookedThroughMax })) {
    const revision = deployments.byId(id)?.request.revision;
    if (revision !== undefined && revisionIdentity(revision) !== current) return revision;
  }
  return undefined;
}

function stopConsequence({ store }: SnapshotContext, { id }: DeploymentRecord): string {
  const targets = store.deployments.targets(id);
  const count = (status: string) => targets.filter((target) => target.status === status).length;
  return `${count("InProgress")} running targets finish their current event, ${count("Pending")} are skipped, ${count("Succeeded")} keep the new revision`;
}

const isWaitingForTermination = ({ state }: DeploymentRecord): boolean =>
  state.holds.some(({ name, endedAt }) => name === "TERMINATION_WAIT" && endedAt === undefined);
