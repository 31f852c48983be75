import type { GroupOverview } from "../../store/overviews.ts";
import { forbidden } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";

/** The groups whose deployments a viewer may see. */
export interface Visible {
  readonly groups: readonly GroupOverview[];
  /** For filters of the store; undefined: everything, deleted groups included. */
  readonly groupIds: readonly string[] | undefined;
}

const known = new WeakMap<Viewer, Promise<Visible>>();

/**
 * Returns the groups on which a viewer may call GetDeployment. Throws 403 for one who may not on any, unless there are
 * none at all.
 */
export function visibleTo(viewer: Viewer, context: SnapshotContext): Promise<Visible> {
  const found = known.get(viewer) ?? judge(viewer, context);
  known.set(viewer, found);
  return found;
}

async function judge(viewer: Viewer, { store }: SnapshotContext): Promise<Visible> {
  const all = store.overviews.groups();
  if (viewer.isAdministrator) return { groups: all, groupIds: undefined };
  const judged = await Promise.all(all.map((group) => mayList(viewer, group)));
  const groups = all.filter((_, place) => judged[place]?.isAllowed === true);
  const refused = judged.find(({ isAllowed }) => !isAllowed);
  if (groups.length === 0 && refused?.isAllowed === false) throw forbidden(refused.why, right);
  return { groups, groupIds: groups.map(({ id }) => id) };
}

const right = "codedeploy:GetDeployment";

/** ListDeployments is about a group as GetDeployment is about that of its deployment. */
const mayList = (viewer: Viewer, { application, name }: GroupOverview) =>
  viewer.may("codedeploy:ListDeployments", { applicationName: application, deploymentGroupName: name }, right);
