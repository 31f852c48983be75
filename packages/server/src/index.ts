export { type Identities, openIdentities, type SessionCredentials } from "./identity/identities.ts";
export { type HostSetupOptions, withHostSetup } from "./admin-api/host-setup/host-setup.ts";
export { shownWhereSafe } from "./console/http/shown-where-safe.ts";
export type { Permissions } from "./identity/principals.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
export { listNodes, startNode } from "./nodes-on-demand.ts";
export type { SeenNode } from "./nodes/journal.ts";
export type { NodeOptions } from "./node-options.ts";
export type { RunningNode } from "./start-node.ts";
