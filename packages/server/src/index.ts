export { type Identities, type HostCredentials, openIdentities } from "./identity/identities.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
