import { pageSize } from "../limits.ts";
import { fault } from "../faults.ts";
import { createDeployment } from "./create-deployment.ts";
import { applicationOf, type CodeDeployOperations, type Context, deploymentOf, groupOf } from "./context.ts";
import { deploymentInfo } from "./views/deployment-info.ts";
import { deploymentWaitOperations } from "./deployment-waits.ts";
import { readToken, writeToken } from "./pagination.ts";

/** The operations on deployments (api.md §2.7). */
export const deploymentOperations = {
  ...createDeployment,
  ...deploymentWaitOperations,

  GetDeployment: (context, { deploymentId }) => ({
    deploymentInfo: deploymentInfo(context, deploymentOf(context, deploymentId)),
  }),

  // Unknown ids are left out: the operation lists no fault for them (api.md §2.2).
  BatchGetDeployments: (context, { deploymentIds = [] }) => ({
    deploymentsInfo: deploymentIds.flatMap((id) => {
      const record = context.store.deployments.byId(id);
      return record === undefined ? [] : [deploymentInfo(context, record)];
    }),
  }),

  ListDeployments(context, { nextToken, ...given }) {
    const { externalId, includeOnlyStatuses = [], createTimeRange } = given;
    if (externalId !== undefined && (given.applicationName ?? given.deploymentGroupName) !== undefined)
      throw fault("InvalidInput", "externalId finds the deployments of a stack, which have no application or group");
    const groupId = groupAskedFor(context, given);
    const { start, end } = createTimeRange ?? {};
    if (start !== undefined && end !== undefined && end < start)
      throw fault("InvalidTimeRange", "createTimeRange ends before it starts");
    const statuses = includeOnlyStatuses.length === 0 ? undefined : [...new Set(includeOnlyStatuses)];
    const filter = { groupId, externalId, statuses, createdFrom: start?.getTime(), createdTo: end?.getTime() };
    const scope = ["deployments", filter];
    const [createTime, turn] = nextToken === undefined ? [] : readToken(nextToken, scope);
    const after = createTime === undefined ? undefined : { createTime, turn: Number(turn) };
    const listed = context.store.deployments.list(filter, { after, most: pageSize + 1 });
    const shown = listed.slice(0, pageSize);
    const last = listed.length > pageSize ? shown.at(-1) : undefined;
    return {
      deployments: shown.map(({ id }) => id),
      nextToken: last && writeToken([last.createTime, String(last.turn)], scope),
    };
  },

  // Nothing here makes resources for a stack, so that there is never anything to delete; AWS is silent then too (api.md §2.13).
  DeleteResourcesByExternalId: () => ({}),
} satisfies CodeDeployOperations;

/** Application and group go together; neither means all. */
function groupAskedFor(
  context: Context,
  given: { readonly applicationName?: string | undefined; readonly deploymentGroupName?: string | undefined },
): string | undefined {
  const { applicationName, deploymentGroupName } = given;
  if (applicationName === undefined && deploymentGroupName === undefined) return undefined;
  if (deploymentGroupName === undefined)
    throw fault("DeploymentGroupNameRequired", "applicationName requires deploymentGroupName");
  if (applicationName === undefined)
    throw fault("ApplicationNameRequired", "deploymentGroupName requires applicationName");
  return groupOf(context, applicationOf(context, applicationName), deploymentGroupName).id;
}
