import type { Permitted, Reads } from "./contract.ts";
import { deploymentCan } from "./actions/can.ts";
import type { Named } from "./http/paths.ts";
import type { Asker, OperationName } from "./rights/asker.ts";
import { applications, oneApplication, oneGroup } from "./snapshots/applications.ts";
import { auditEntries } from "./snapshots/audit.ts";
import type { SnapshotContext } from "./snapshots/context.ts";
import { deployment, deploymentFor } from "./snapshots/deployment.ts";
import { deployments, now } from "./snapshots/deployments.ts";
import { events } from "./snapshots/events.ts";
import { hosts, oneHost } from "./snapshots/hosts.ts";
import { search } from "./snapshots/search.ts";
import { oneTarget } from "./snapshots/target.ts";
import { targetColumns } from "./snapshots/targets.ts";
import { where } from "./snapshots/where.ts";

/** Everything of an answer but its cursor and its time. */
type Body<Path extends keyof Reads> = Omit<Reads[Path], "cursor" | "now">;

type Read<Path extends keyof Reads> = (asker: Asker, context: SnapshotContext, named: Named) => Promise<Body<Path>>;

/** What the session's own path, the cloud, logs and explanations answer is beside what they read. */
export type SnapshotPath = Exclude<
  keyof Reads,
  | "/console/api/session"
  | "/console/api/cloud"
  | "/console/api/deployments/:id/why"
  | "/console/api/deployments/:id/logs"
>;

const can =
  <Action extends string>(
    action: Action,
    operation: OperationName,
    inputOf: (named: Named) => Readonly<Record<string, unknown>> = () => ({}),
  ) =>
  async (asker: Asker, named: Named): Promise<Readonly<Record<Action, Permitted>>> =>
    ({ [action]: await asker.may(operation, inputOf(named)) }) as Record<Action, Permitted>; // its one member

const create = can("create-deployment", "codedeploy:CreateDeployment", ({ labels, query }) => ({
  applicationName: labels["application"] ?? query.get("application") ?? undefined,
  deploymentGroupName: labels["group"] ?? query.get("group") ?? undefined,
}));

/** The snapshots, by path. */
export const snapshots: { readonly [Path in SnapshotPath]: Read<Path> } = {
  "/console/api/now": async (asker, context, named) => ({
    ...(await now(asker, context)),
    can: await create(asker, named),
  }),
  "/console/api/where": async (asker, context, named) => ({
    ...(await where(asker, context, named.query)),
    can: await create(asker, named),
  }),
  "/console/api/applications": async (asker, context, named) => ({
    ...(await applications(asker, context, named.query)),
    can: await can("create-application", "codedeploy:CreateApplication")(asker, named),
  }),
  "/console/api/applications/:application": async (asker, context, named) => ({
    ...(await oneApplication(asker, context, named.labels["application"] ?? "")),
    can: {
      ...(await create(asker, named)),
      ...(await can("register-revision", "codedeploy:RegisterApplicationRevision", ({ labels }) => ({
        applicationName: labels["application"],
      }))(asker, named)),
    },
  }),
  "/console/api/applications/:application/groups/:group": async (asker, context, named) => {
    const { application = "", group = "" } = named.labels;
    return {
      ...(await oneGroup(asker, context, { application, group })),
      can: {
        ...(await create(asker, named)),
        "update-group": await asker.may("codedeploy:UpdateDeploymentGroup", {
          applicationName: application,
          currentDeploymentGroupName: group,
        }),
      },
    };
  },
  "/console/api/deployments": async (asker, context, named) => ({
    ...(await deployments(asker, context, named.query)),
    can: await create(asker, named),
  }),
  "/console/api/deployments/:id": async (asker, context, { labels: { id = "" } }) => ({
    ...(await deployment(asker, context, id)),
    can: await deploymentCan(asker, context, await deploymentFor(asker, context, id)),
  }),
  "/console/api/deployments/:id/targets": async (asker, context, { labels: { id = "" }, query }) => ({
    ...(await targetColumns(asker, context, { id, withIds: query.get("ids") !== "0" })),
    can: {},
  }),
  "/console/api/deployments/:id/targets/:target": async (asker, context, { labels }) => {
    const { id = "", target: targetId = "" } = labels;
    const found = await oneTarget(asker, context, { id, targetId });
    const { retry } = await deploymentCan(asker, context, await deploymentFor(asker, context, id));
    return { ...found, can: retry === undefined ? {} : { retry } };
  },
  "/console/api/deployments/:id/events": async (asker, context, { labels: { id = "" }, query }) => ({
    ...(await events(asker, context, { id, query })),
    can: {},
  }),
  "/console/api/events": async (asker, context, { query }) => ({
    ...(await events(asker, context, { query })),
    can: {},
  }),
  "/console/api/hosts": async (asker, context, { query }) => ({ ...(await hosts(asker, context, query)), can: {} }),
  "/console/api/hosts/:host": async (asker, context, { labels: { host = "" } }) => {
    const found = await oneHost(asker, context, host);
    if (found.host.kind !== "on-premises") return { ...found, can: {} };
    return {
      ...found,
      can: {
        "tag-host": await asker.may("codedeploy:AddTagsToOnPremisesInstances", { instanceNames: [host] }),
        "deregister-host": await asker.may("codedeploy:DeregisterOnPremisesInstance", { instanceName: host }),
      },
    };
  },
  "/console/api/audit": async (asker, context, { query }) => ({
    ...(await auditEntries(asker, context, query)),
    can: {},
  }),
  "/console/api/search": async (asker, context, { query }) => ({ ...(await search(asker, context, query)), can: {} }),
};
