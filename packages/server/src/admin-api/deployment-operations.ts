import { type Access, type AccessTable, type Call, Fault, serviceModel } from "@sluice/aws-protocol";
import { codedeployAccesses } from "../access/codedeploy-accesses.ts";
import { explain } from "../explain/explain.ts";
import type { Explanation } from "../explain/explanation.ts";
import { readSnapshot, type SnapshotContext } from "../explain/read-snapshot.ts";
import { beginDeployment, type CreateDeploymentRequest } from "../operations/create-deployment.ts";
import { checkListLengths, checkMembers } from "../operations/validation/member-checks.ts";
import type { Plan } from "../plan/plan.ts";
import { type PlanContext, planDeployment } from "../plan/plan-deployment.ts";
import type { WhatIf } from "../plan/what-if.ts";
import type { ScriptLogs } from "../store/script-logs.ts";
import { type Events, eventsFor, type EventsRequest } from "./event-operations.ts";
import { type LogLines, logLines, type LogLinesRequest } from "./log-operations.ts";
import { type RetryRequest, retryRequestOf, type RollBackRequest, rollBackRequestOf } from "./deployment-actions.ts";
import { type GroupStatus, runningRevisions } from "./running-revisions.ts";
import type { OperationShapes } from "./sluice-model.ts";

// Operations about deployments that AWS does not have.

export type DeploymentOperationsContext = PlanContext & SnapshotContext & { readonly scriptLogs: ScriptLogs };

type Context = DeploymentOperationsContext & { readonly call: Call };

const createDeployment = operationOf("CreateDeployment");

function operationOf(name: string) {
  const operation = serviceModel("codedeploy").operations.get(name);
  if (operation === undefined) throw new Error(`The table of CodeDeploy has no ${name}`);
  return operation;
}

const created = { deploymentId: "text" } as const;

/** Their inputs and outputs. */
export const deploymentShapes = {
  ExplainDeployment: [{ deploymentId: "text" }, { explanation: "document" }],
  PlanDeployment: [
    { deployment: createDeployment.input, failFirst: "number", fail: "texts", zoneDown: "text" },
    { plan: "document" },
  ],
  RetryDeployment: [
    {
      deploymentId: "text",
      ignoreApplicationStopFailures: "truth",
      fileExistsBehavior: "text",
      description: "text",
    },
    created,
  ],
  RollBackDeploymentGroup: [
    { applicationName: "text", deploymentGroupName: "text", revision: "text", description: "text" },
    created,
  ],
  ListDeploymentLogLines: [
    { deploymentId: "text", targetId: "text", event: "text", search: "text", after: "number", limit: "number" },
    { lines: "document", after: "number", isMore: "truth", isOver: "truth", tails: "document" },
  ],
  ListEvents: [
    {
      ...{ after: "number", before: "number", limit: "number", newestFirst: "truth", kinds: "texts" },
      ...{ deploymentId: "text", applicationName: "text", deploymentGroupName: "text", targetId: "text" },
    },
    { events: "document", next: "number", isMore: "truth", oldestCursor: "number", newestCursor: "number" },
  ],
  ListRunningRevisions: [{ applicationName: "text", deploymentGroupName: "text" }, { groups: "document" }],
} as const satisfies OperationShapes;

/** Operations about deployments. */
export const deploymentOperations = {
  /** Why a deployment is as it is: the rule that ended it, the causes, what changed, what to do next. */
  ExplainDeployment(
    context: Context,
    { deploymentId = "" }: { readonly deploymentId?: string | undefined },
  ): { readonly explanation: Explanation } {
    const snapshot = readSnapshot(context, deploymentId);
    if (snapshot === undefined) throw unknownDeployment(deploymentId);
    return { explanation: explain(snapshot) };
  },

  /** What CreateDeployment would do, without doing it. */
  async PlanDeployment(
    context: Context,
    { deployment = {}, ...whatIf }: { readonly deployment?: Partial<CreateDeploymentRequest> | undefined } & WhatIf,
  ): Promise<{ readonly plan: Plan }> {
    const { failFirst = 0 } = whatIf;
    if (!Number.isSafeInteger(failFirst) || failFirst < 0)
      throw new Fault("ValidationException", `failFirst is ${failFirst}: expected a whole number from 0`);
    // What is missing, the operation's own checks find.
    const asked = checked({ applicationName: undefined, ...deployment });
    return { plan: await planDeployment(context, withRevision(context, asked), whatIf) };
  },

  /** Deploys the revision of a deployment that is over to the hosts that do not have it. */
  RetryDeployment: (context: Context, asked: RetryRequest): Promise<{ readonly deploymentId: string }> =>
    beginDeployment(context, checked(retryRequestOf(context, asked)), context.call.principal.arn, {
      retries: asked.deploymentId,
    }),

  /** Deploys an earlier revision to a deployment group. */
  RollBackDeploymentGroup: (context: Context, asked: RollBackRequest): Promise<{ readonly deploymentId: string }> =>
    beginDeployment(context, checked(rollBackRequestOf(context, asked)), context.call.principal.arn),

  /** What scripts have printed. */
  ListDeploymentLogLines: (context: Context, asked: LogLinesRequest): LogLines => logLines(context, asked),

  /** What has changed, in which order and why. */
  ListEvents: (context: Context, asked: EventsRequest): Events => eventsFor(context, asked),

  /** Which revision runs where. */
  ListRunningRevisions: (
    { store }: Context,
    only: { readonly applicationName?: string | undefined; readonly deploymentGroupName?: string | undefined },
  ): { readonly groups: readonly GroupStatus[] } => ({
    groups: runningRevisions(store, { application: only.applicationName, group: only.deploymentGroupName }),
  }),
};

/** Without a revision, the one is planned that the group was deployed with last. */
function withRevision({ store }: Context, asked: CreateDeploymentRequest): CreateDeploymentRequest {
  if (asked.revision !== undefined || asked.deploymentMode === "RESTART") return asked;
  const application = store.applications.byName(asked.applicationName ?? "");
  const group = store.groups.byName(application?.id ?? "", asked.deploymentGroupName ?? "");
  const last = store.deployments.lastOf(group?.id ?? "");
  return last === undefined ? asked : { ...asked, revision: last.request.revision };
}

/** Checks the members as CreateDeployment's own are. */
function checked(asked: CreateDeploymentRequest): CreateDeploymentRequest {
  const members = { ...asked };
  checkListLengths(members, createDeployment);
  checkMembers(members, createDeployment);
  return asked;
}

type AccessOfOne = AccessTable[string];

/** What they touch: deployment groups, by the names that CodeDeploy's own operations on them have. */
export function deploymentAccesses(context: DeploymentOperationsContext): AccessTable {
  const accesses = codedeployAccesses(context);
  /** What creates a deployment needs all that CreateDeployment needs, in its name. */
  const creating = async (input: unknown, call: Call): Promise<readonly Access[]> => {
    const needed = await accesses("CreateDeployment", input as Readonly<Record<string, unknown>>, call);
    return needed.map((access) => ({ action: "codedeploy:CreateDeployment", ...access }));
  };
  /** Without a group they are about all, hosts and calls among them: a Deny on any denies, and only an Allow on all allows. */
  const ofOneGroup: AccessOfOne = (input, call) => {
    const isNamed = [input["applicationName"], input["deploymentGroupName"]].every(
      (name) => typeof name === "string" && name !== "",
    );
    return isNamed ? accesses("GetDeploymentGroup", input, call) : [];
  };
  return {
    ExplainDeployment: (input, call) => accesses("GetDeployment", input, call),
    ListDeploymentLogLines: (input, call) => accesses("GetDeployment", input, call),
    // The rest of what CreateDeployment needs is about what it does.
    PlanDeployment: async ({ deployment }, call) => {
      const needed = await accesses("CreateDeployment", (deployment ?? {}) as Readonly<Record<string, unknown>>, call); // decoded by CodeDeploy's own table
      return needed.filter(({ action }) => action === undefined);
    },
    RetryDeployment: (input, call) => orNothing(() => creating(retryRequestOf(context, input), call)),
    RollBackDeploymentGroup: (input, call) => orNothing(() => creating(rollBackRequestOf(context, input), call)),
    // Events outlive their deployments, and then nobody can tell whose they were.
    ListEvents: (input, call) => {
      const { deploymentId } = input;
      if (deploymentId === undefined) return ofOneGroup(input, call);
      const isKnown = typeof deploymentId === "string" && context.store.deployments.byId(deploymentId) !== undefined;
      return isKnown ? accesses("GetDeployment", input, call) : [];
    },
    ListRunningRevisions: ofOneGroup,
  };
}

/** What cannot be asked for touches nothing known: only who may do everything learns why. */
async function orNothing(find: () => Promise<readonly Access[]>): Promise<readonly Access[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}

const unknownDeployment = (id: string): Fault =>
  new Fault("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
