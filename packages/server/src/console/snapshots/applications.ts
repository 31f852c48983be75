import type { Answer, ApplicationAnswer, ApplicationRow, Applications, GroupAnswer, RevisionRow } from "../contract.ts";
import { findConfig } from "../../deployment/predefined-configs.ts";
import type { Application } from "../../store/applications.ts";
import { revisionIdentity } from "../../store/index.ts";
import type { GroupOverview } from "../../store/overviews.ts";
import { notFound } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { rowsOf } from "./deployments.ts";
import { hosts } from "./hosts.ts";
import { ruleInWords } from "./one-deployment/healthy-hosts.ts";
import { countsBy, listQuery, pageOf } from "./list-query.ts";
import { revisionView } from "./revision-view.ts";
import { groupSettings } from "./one-deployment/settings.ts";
import { cellOf } from "./where.ts";

const sortable = ["name", "createTime"] as const;
const revisionsMax = 50;
const deploymentsMax = 50;
const hostsMax = 200;
const durationsMax = 50;
const newest = { sort: "createTime", isAscending: false, offset: 0 } as const;

/** `GET /console/api/applications`. */
export async function applications(
  viewer: Viewer,
  context: SnapshotContext,
  query: URLSearchParams,
): Promise<Omit<Applications, keyof Answer>> {
  if (!query.has("order")) query.set("order", "asc");
  const asked = listQuery(query, sortable);
  await viewer.demand("codedeploy:ListApplications");
  const text = asked.one("q")?.toLowerCase() ?? "";
  const { store } = context;
  const named = store.applications.names().filter((name) => name.toLowerCase().includes(text));
  const judged = await Promise.all(
    named.map((applicationName) => viewer.may("codedeploy:GetApplication", { applicationName })),
  );
  const rows = named
    .filter((_, place) => judged[place]?.isAllowed === true)
    .flatMap((name) => store.applications.byName(name) ?? []);
  const page = pageOf(rows, asked, ({ name, createTime }) => (asked.sort === "createTime" ? createTime : name));
  return {
    ...page,
    rows: page.rows.map((application) => applicationRow(context, application)),
    counts: { platform: countsBy(rows, ({ computePlatform }) => computePlatform) },
    sortable,
  };
}

function applicationRow({ store }: SnapshotContext, application: Application): ApplicationRow {
  const { id, name, computePlatform: platform, createTime } = application;
  const groups = store.groups.of(id);
  const groupIds = groups.map((group) => group.id);
  const [last] = store.overviews.deployments({ groupIds }, { ...newest, limit: 1 });
  const record = last === undefined ? undefined : store.deployments.byId(last);
  return {
    name,
    platform,
    createTime,
    groups: groups.length,
    running: Object.values(store.overviews.countByStatus({ groupIds, isOver: false })).reduce((a, b) => a + b, 0),
    lastDeployment: record && { id: record.id, status: record.state.status, at: record.state.createTime },
  };
}

/** `GET /console/api/applications/:application`. */
export async function oneApplication(
  viewer: Viewer,
  context: SnapshotContext,
  applicationName: string,
): Promise<Omit<ApplicationAnswer, keyof Answer>> {
  await viewer.demand("codedeploy:GetApplication", { applicationName });
  const { store } = context;
  const application = store.applications.byName(applicationName);
  if (application === undefined) throw notFound(`There is no application "${applicationName}" here`);
  const groups = await groupsFor(viewer, context, application);
  return {
    application: applicationRow(context, application),
    groups: groups.map((group) => cellOf(context, group)),
    revisions: revisionRows(context, application, groups),
    durations: groups
      .flatMap(({ id, name }) =>
        store.overviews
          .durations(id, durationsMax)
          .map(({ id: deployment, at, duration }) => ({ deployment, group: name, at, duration })),
      )
      .toSorted((a, b) => a.at - b.at)
      .slice(-durationsMax),
  };
}

/** The groups of an application on which a viewer may call GetDeploymentGroup. */
async function groupsFor(
  viewer: Viewer,
  { store }: SnapshotContext,
  { id, name, computePlatform }: Application,
): Promise<readonly GroupOverview[]> {
  const groups = store.groups.of(id);
  const judged = await Promise.all(
    groups.map((group) =>
      viewer.may("codedeploy:GetDeploymentGroup", { applicationName: name, deploymentGroupName: group.name }),
    ),
  );
  return groups
    .filter((_, place) => judged[place]?.isAllowed === true)
    .map((group) => ({
      id: group.id,
      name: group.name,
      applicationId: id,
      application: name,
      platform: computePlatform,
      targetRevision: group.targetRevision,
    }));
}

function revisionRows(
  context: SnapshotContext,
  { id }: Application,
  groups: readonly GroupOverview[],
): readonly RevisionRow[] {
  const { store } = context;
  const groupIds = groups.map((group) => group.id);
  return store.revisions
    .of(id)
    .slice(-revisionsMax)
    .toReversed()
    .map(({ location, description, registerTime, firstUsedTime, lastUsedTime }) => ({
      revision: revisionView(location),
      description,
      registerTime,
      firstUsed: firstUsedTime,
      lastUsed: lastUsedTime,
      deployments: store.overviews
        .deployments({ groupIds, revision: location }, { ...newest, limit: 10 })
        .flatMap((deploymentId) => {
          const record = store.deployments.byId(deploymentId);
          if (record === undefined) return [];
          const { request, state } = record;
          return [{ id: deploymentId, group: request.groupName, status: state.status, at: state.createTime }];
        }),
      current: groups
        .filter(
          ({ targetRevision }) =>
            targetRevision !== undefined && revisionIdentity(targetRevision) === revisionIdentity(location),
        )
        .map(({ name }) => name),
    }));
}

/** `GET /console/api/applications/:application/groups/:group`. */
export async function oneGroup(
  viewer: Viewer,
  context: SnapshotContext,
  names: { readonly application: string; readonly group: string },
): Promise<Omit<GroupAnswer, keyof Answer>> {
  const input = { applicationName: names.application, deploymentGroupName: names.group };
  const { deploymentGroupInfo = {} } = await viewer.perform("codedeploy", "GetDeploymentGroup", input);
  const { store } = context;
  const application = store.applications.byName(names.application);
  const group = application && store.groups.byName(application.id, names.group);
  if (application === undefined || group === undefined) throw notFound(`There is no group "${names.group}" here`);
  const { id, name, settings, targetRevision } = group;
  const overview = {
    id,
    name,
    applicationId: application.id,
    application: application.name,
    platform: application.computePlatform,
    targetRevision,
  };
  const rule = findConfig(store, settings.deploymentConfigName)?.minimumHealthyHosts;
  const maySee = await viewer.may("codedeploy:ListDeployments", input, "codedeploy:GetDeployment");
  return {
    group: {
      ...cellOf(context, overview),
      id,
      configuration: settings.deploymentConfigName,
      serviceRole: settings.serviceRoleArn,
    },
    settings: groupSettings(settings, rule && ruleInWords(rule)),
    raw: deploymentGroupInfo as Readonly<Record<string, unknown>>, // AWS's structure
    hosts: maySee.isAllowed ? await hostsOf(viewer, context, names) : [],
    deployments: maySee.isAllowed
      ? rowsOf(context, store.overviews.deployments({ groupIds: [id] }, { ...newest, limit: deploymentsMax }))
      : [],
  };
}

async function hostsOf(
  viewer: Viewer,
  context: SnapshotContext,
  { application, group }: { readonly application: string; readonly group: string },
): Promise<GroupAnswer["hosts"]> {
  const query = new URLSearchParams({ application, group, limit: String(hostsMax), order: "asc" });
  const { rows } = await hosts(viewer, context, query);
  return rows.flatMap(({ host, revisions, lastSeen }) => {
    const here = revisions.find((one) => one.application === application && one.group === group);
    return here === undefined ? [] : [{ host, revision: here.revision, health: here.health, lastSeen }];
  });
}
