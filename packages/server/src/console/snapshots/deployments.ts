import { deploymentOrders, type OverviewFilter } from "../../store/overviews.ts";
import type { Answer, DeploymentRow, Deployments, Now, Status } from "../contract.ts";
import type { Viewer } from "../rights/viewer.ts";
import { badRequest } from "../http/problem.ts";
import type { SnapshotContext } from "./context.ts";
import { rowOf } from "./one-deployment/deployment-row.ts";
import { hostIdentifiers, silentHosts } from "./hosts.ts";
import { type ListQuery, listQuery, nextPage } from "./list-query.ts";
import { locationOf } from "./revision-view.ts";
import { type Visible, visibleTo } from "./visible.ts";

type Without<Whole> = Omit<Whole, keyof Answer>;

/** How many running deployments the first page shows. */
const runningMax = 200;
const finishedMax = 20;
const hour = 3_600_000;
const outcomeHours = 24;

/** `GET /console/api/deployments`. */
export async function deployments(
  viewer: Viewer,
  context: SnapshotContext,
  query: URLSearchParams,
): Promise<Without<Deployments>> {
  const asked = listQuery(query, deploymentOrders);
  const filter = filterOf(await visibleTo(viewer, context), context, asked);
  const { overviews } = context.store;
  const { sort, isAscending, offset, limit } = asked;
  const statuses = overviews.countByStatus({ ...filter, statuses: undefined });
  const counted = Object.entries(statuses).filter(([status]) => filter.statuses?.includes(status) ?? true);
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  const order = deploymentOrders.find((name) => name === sort) ?? "createTime";
  const ids = overviews.deployments(filter, { sort: order, isAscending, offset, limit });
  return {
    rows: rowsOf(context, ids),
    total,
    next: nextPage(asked, total),
    counts: { status: statuses },
    sortable: deploymentOrders,
  };
}

/** The rows of deployments by id; those that are gone since are left out. */
export const rowsOf = (context: SnapshotContext, ids: readonly string[]): readonly DeploymentRow[] =>
  ids.flatMap((id) => {
    const record = context.store.deployments.byId(id);
    return record === undefined ? [] : [rowOf(context, record)];
  });

const statusNames: readonly string[] = [
  "Created",
  "Queued",
  "InProgress",
  "Baking",
  "Ready",
  "Succeeded",
  "Failed",
  "Stopped",
] satisfies readonly Status[];

function filterOf(visible: Visible, context: SnapshotContext, asked: ListQuery): OverviewFilter {
  const statuses = asked.all("status");
  const wrong = statuses?.find((status) => !statusNames.includes(status));
  if (wrong !== undefined) throw badRequest(`status must be one of ${statusNames.join(", ")}`);
  const [applications, groups, hosts] = [asked.all("application"), asked.all("group"), asked.all("target")];
  const named = visible.groups.filter(
    ({ application, name }) => (applications?.includes(application) ?? true) && (groups?.includes(name) ?? true),
  );
  const revision = asked.one("revision");
  return {
    groupIds: applications === undefined && groups === undefined ? visible.groupIds : named.map(({ id }) => id),
    statuses,
    creators: asked.all("creator"),
    hosts: hosts?.flatMap((host) => hostIdentifiers(context, host)),
    from: asked.number("from"),
    to: asked.number("to"),
    text: asked.one("q"),
    revision: revision === undefined ? undefined : (locationOf(revision) ?? refuseRevision()),
  };
}

function refuseRevision(): never {
  throw badRequest("revision must be the id of a revision, as rows have it");
}

/** `GET /console/api/now`. */
export async function now(viewer: Viewer, context: SnapshotContext): Promise<Without<Now>> {
  const { store, clock } = context;
  const { groupIds } = await visibleTo(viewer, context);
  const page = { isAscending: false, offset: 0 } as const;
  const running = store.overviews.deployments(
    { groupIds, isOver: false },
    { ...page, sort: "createTime", limit: runningMax },
  );
  const runningCount = Object.values(store.overviews.countByStatus({ groupIds, isOver: false }));
  const finished = store.overviews.deployments(
    { groupIds, isOver: true },
    { ...page, sort: "completeTime", limit: finishedMax },
  );
  const rows = rowsOf(context, running);
  return {
    running: rows.toSorted((a, b) => Number(b.waiting?.needsPerson ?? false) - Number(a.waiting?.needsPerson ?? false)),
    moreRunning: runningCount.reduce((sum, count) => sum + count, 0) - running.length,
    finished: rowsOf(context, finished),
    silentAgents: await silentHosts(viewer, context),
    outcomes: outcomesOf(context, clock(), groupIds),
    first: {
      hasHosts: context.presence.all().size > 0,
      hasApplications: store.applications.count() > 0,
      hasDeployments: rows.length + finished.length > 0,
    },
  };
}

/** How deployments ended, hour by hour. */
function outcomesOf({ store }: SnapshotContext, at: number, groupIds: readonly string[] | undefined): Now["outcomes"] {
  const last = Math.floor(at / hour);
  const found = store.overviews.outcomes((last - outcomeHours + 1) * hour, groupIds);
  return Array.from({ length: outcomeHours }, (_, place) => {
    const which = last - outcomeHours + 1 + place;
    const of = (status: Status) => found.find((one) => one.hour === which && one.status === status)?.n ?? 0;
    return { from: which * hour, succeeded: of("Succeeded"), failed: of("Failed"), stopped: of("Stopped") };
  });
}
