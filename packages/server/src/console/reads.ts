import type { Permitted, Reads } from "./contract.ts";
import { deploymentCan } from "./actions/can.ts";
import type { Named } from "./http/paths.ts";
import type { Viewer, OperationName } from "./rights/viewer.ts";
import { applications, oneApplication, oneGroup } from "./snapshots/applications.ts";
import { auditEntries } from "./snapshots/audit.ts";
import type { SnapshotContext } from "./snapshots/context.ts";
import { deployment, deploymentFor } from "./snapshots/one-deployment/deployment.ts";
import { deployments, now } from "./snapshots/deployments.ts";
import { events } from "./snapshots/events.ts";
import { hosts, oneHost } from "./snapshots/hosts.ts";
import { search } from "./snapshots/search.ts";
import { logs } from "./snapshots/script-lines/logs.ts";
import { why } from "./snapshots/why.ts";
import { oneTarget } from "./snapshots/one-deployment/target.ts";
import { targetColumns } from "./snapshots/one-deployment/targets.ts";
import { where } from "./snapshots/where.ts";

/** Everything of an answer but its cursor and its time. */
type Body<Path extends keyof Reads> = Omit<Reads[Path], "cursor" | "now">;

type Read<Path extends keyof Reads> = (viewer: Viewer, context: SnapshotContext, named: Named) => Promise<Body<Path>>;

/** What the session's own path and the cloud answer is beside what they read. */
export type SnapshotPath = Exclude<keyof Reads, "/console/api/session" | "/console/api/cloud">;

const can =
  <Action extends string>(
    action: Action,
    operation: OperationName,
    inputOf: (named: Named) => Readonly<Record<string, unknown>> = () => ({}),
  ) =>
  async (viewer: Viewer, named: Named): Promise<Readonly<Record<Action, Permitted>>> =>
    ({ [action]: await viewer.may(operation, inputOf(named)) }) as Record<Action, Permitted>; // its one member

const create = can("create-deployment", "codedeploy:CreateDeployment", ({ labels, query }) => ({
  applicationName: labels["application"] ?? query.get("application") ?? undefined,
  deploymentGroupName: labels["group"] ?? query.get("group") ?? undefined,
}));

/** The snapshots, by path. */
export const snapshots: { readonly [Path in SnapshotPath]: Read<Path> } = {
  "/console/api/now": async (viewer, context, named) => ({
    ...(await now(viewer, context)),
    can: await create(viewer, named),
  }),
  "/console/api/where": async (viewer, context, named) => ({
    ...(await where(viewer, context, named.query)),
    can: await create(viewer, named),
  }),
  "/console/api/applications": async (viewer, context, named) => ({
    ...(await applications(viewer, context, named.query)),
    can: await can("create-application", "codedeploy:CreateApplication")(viewer, named),
  }),
  "/console/api/applications/:application": async (viewer, context, named) => ({
    ...(await oneApplication(viewer, context, named.labels["application"] ?? "")),
    can: {
      ...(await create(viewer, named)),
      ...(await can("register-revision", "codedeploy:RegisterApplicationRevision", ({ labels }) => ({
        applicationName: labels["application"],
      }))(viewer, named)),
    },
  }),
  "/console/api/applications/:application/groups/:group": async (viewer, context, named) => {
    const { application = "", group = "" } = named.labels;
    return {
      ...(await oneGroup(viewer, context, { application, group })),
      can: {
        ...(await create(viewer, named)),
        "update-group": await viewer.may("codedeploy:UpdateDeploymentGroup", {
          applicationName: application,
          currentDeploymentGroupName: group,
        }),
      },
    };
  },
  "/console/api/deployments": async (viewer, context, named) => ({
    ...(await deployments(viewer, context, named.query)),
    can: await create(viewer, named),
  }),
  "/console/api/deployments/:id": async (viewer, context, { labels: { id = "" } }) => ({
    ...(await deployment(viewer, context, id)),
    can: await deploymentCan(viewer, context, await deploymentFor(viewer, context, id)),
  }),
  "/console/api/deployments/:id/targets": async (viewer, context, { labels: { id = "" }, query }) => ({
    ...(await targetColumns(viewer, context, { id, withIds: query.get("ids") !== "0" })),
    can: {},
  }),
  "/console/api/deployments/:id/targets/:target": async (viewer, context, { labels }) => {
    const { id = "", target: targetId = "" } = labels;
    const found = await oneTarget(viewer, context, { id, targetId });
    const { retry } = await deploymentCan(viewer, context, await deploymentFor(viewer, context, id));
    return { ...found, can: retry === undefined ? {} : { retry } };
  },
  "/console/api/deployments/:id/events": async (viewer, context, { labels: { id = "" }, query }) => ({
    ...(await events(viewer, context, { id, query })),
    can: {},
  }),
  "/console/api/deployments/:id/why": async (viewer, context, { labels: { id = "" } }) => {
    const record = await deploymentFor(viewer, context, id);
    const { rollback, retry, redeploy } = await deploymentCan(viewer, context, record);
    return { ...(await why(viewer, record)), can: { rollback, retry, redeploy } };
  },
  "/console/api/deployments/:id/logs": async (viewer, context, { labels: { id = "" }, query }) => ({
    ...(await logs(viewer, context, { id, query })),
    can: {},
  }),
  "/console/api/events": async (viewer, context, { query }) => ({
    ...(await events(viewer, context, { query })),
    can: {},
  }),
  "/console/api/hosts": async (viewer, context, { query }) => ({ ...(await hosts(viewer, context, query)), can: {} }),
  "/console/api/hosts/:host": async (viewer, context, { labels: { host = "" } }) => {
    const found = await oneHost(viewer, context, host);
    if (found.host.kind !== "on-premises") return { ...found, can: {} };
    return {
      ...found,
      can: {
        "tag-host": await viewer.may("codedeploy:AddTagsToOnPremisesInstances", { instanceNames: [host] }),
        "deregister-host": await viewer.may("codedeploy:DeregisterOnPremisesInstance", { instanceName: host }),
      },
    };
  },
  "/console/api/audit": async (viewer, context, { query }) => ({
    ...(await auditEntries(viewer, context, query)),
    can: {},
  }),
  "/console/api/search": async (viewer, context, { query }) => ({ ...(await search(viewer, context, query)), can: {} }),
};
