import type { Answer, Revision, Where, WhereCell } from "../contract.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { revisionIdentity } from "../../store/index.ts";
import type { GroupOverview } from "../../store/overviews.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { countsBy, listQuery, nextPage, pageOf } from "./list-query.ts";
import { revisionOfIdentity, revisionView } from "./revision-view.ts";
import { visibleTo } from "./visible.ts";

const sortable = ["application", "group"] as const;

/** `GET /console/api/where`. */
export async function where(
  viewer: Viewer,
  context: SnapshotContext,
  query: URLSearchParams,
): Promise<Omit<Where, keyof Answer>> {
  if (!query.has("order")) query.set("order", "asc");
  const asked = listQuery(query, sortable);
  const [applications, names, text] = [asked.all("application"), asked.all("group"), asked.one("q")?.toLowerCase()];
  const { groups } = await visibleTo(viewer, context);
  const named = groups.filter(
    ({ application, name }) =>
      (applications?.includes(application) ?? true) &&
      (names?.includes(name) ?? true) &&
      (text === undefined || `${application} ${name}`.toLowerCase().includes(text)),
  );
  const by = ({ application, name }: GroupOverview) =>
    asked.sort === "group" ? `${name}\n${application}` : `${application}\n${name}`;
  const [revision, isMixed, isOutdated] = [asked.one("revision"), asked.isOn("mixed"), asked.isOn("outdated")];
  const counts = { application: countsBy(named, ({ application }) => application) };
  if (revision === undefined && !isMixed && !isOutdated) {
    // Cells cost more than their names: only those of the page are made.
    const { rows, total, next } = pageOf(named, asked, by);
    return { rows: rows.map((group) => cellOf(context, group)), total, next, counts, sortable };
  }
  const cells = pageOf(named, { ...asked, offset: 0, limit: named.length }, by)
    .rows.map((group) => cellOf(context, group))
    .filter(
      (cell) =>
        (revision === undefined || cell.shares.some((share) => share.revision.id === revision)) &&
        (!isMixed || cell.shares.length > 1) &&
        (!isOutdated || cell.outdated > 0),
    );
  const { offset, limit } = asked;
  return {
    rows: cells.slice(offset, offset + limit),
    total: cells.length,
    next: nextPage(asked, cells.length),
    counts,
    sortable,
  };
}

/** Which revision is on how many targets of a group, and why. */
export function cellOf({ store }: SnapshotContext, group: GroupOverview): WhereCell {
  const { id, name, application, platform, targetRevision } = group;
  const identity = targetRevision && revisionIdentity(targetRevision);
  const shares =
    platform === "Server" ? sharesOf(store.overviews.installed(id), targetRevision) : soleShare(targetRevision);
  const targets = shares.reduce((sum, share) => sum + share.targets, 0);
  const current = shares.find(({ revision }) => revision.id === identity)?.targets ?? 0;
  const success = store.deployments.lastOf(id, "Succeeded");
  const liveId = store.deployments.liveOf(id);
  const live = liveId === undefined ? undefined : store.deployments.byId(liveId);
  return {
    application,
    group: name,
    platform,
    target: targetRevision && revisionView(targetRevision),
    shares,
    targets,
    outdated: identity === undefined ? 0 : targets - current,
    since: success?.state.completeTime,
    because: success && becauseOf(success),
    running: live && { deployment: live.id, status: live.state.status },
    lastOutcome: lastOutcome(store, id),
  };
}

type Shares = WhereCell["shares"];

/** Hosts of which nothing is known have no share. */
const sharesOf = (
  installed: readonly { readonly identity: string; readonly n: number }[],
  target: GroupOverview["targetRevision"],
): Shares =>
  installed.flatMap(({ identity, n }) => {
    const revision =
      target !== undefined && revisionIdentity(target) === identity ? revisionView(target) : shown(identity);
    return revision === undefined ? [] : [{ revision, targets: n }];
  });

const unknown: Revision = { id: "", short: "none", text: "No revision is known to be there", location: {} };
const shown = (identity: string) => (identity === "" ? unknown : revisionOfIdentity(identity));

/** A function or a service is one target. */
const soleShare = (target: GroupOverview["targetRevision"]): Shares =>
  target === undefined ? [] : [{ revision: revisionView(target), targets: 1 }];

const creators: Readonly<Record<string, string>> = {
  user: "somebody has deployed it",
  autoscaling: "Auto Scaling has launched instances",
  codeDeployRollback: "a failed deployment was rolled back",
  CodeDeploy: "CodeDeploy has deployed it",
  CodeDeployAutoUpdate: "outdated instances were updated",
  CloudFormation: "CloudFormation has deployed it",
  CloudFormationRollback: "CloudFormation has rolled back",
};

function becauseOf({ id, request }: DeploymentRecord): NonNullable<WhereCell["because"]> {
  const { creator, rollbackOf, description } = request;
  const text = rollbackOf === undefined ? (creators[creator] ?? creator) : `${rollbackOf.deploymentId} was rolled back`;
  return { creator, deployment: id, text: description === undefined ? text : `${text}: ${description}` };
}

function lastOutcome({ deployments, overviews }: SnapshotContext["store"], groupId: string): WhereCell["lastOutcome"] {
  const [id] = overviews.deployments(
    { groupIds: [groupId], isOver: true },
    { sort: "createTime", isAscending: false, offset: 0, limit: 1 },
  );
  return id === undefined ? undefined : deployments.byId(id)?.state.status;
}
