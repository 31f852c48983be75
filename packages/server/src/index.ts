export { type Identities, openIdentities, type SessionCredentials } from "./identity/identities.ts";
export { type HostSetupOptions, withHostSetup } from "./admin-api/host-setup/host-setup.ts";
export type { Permissions } from "./identity/principals.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
