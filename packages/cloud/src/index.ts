export { endLeftovers, execInInstance, type Execution } from "./instance/index.ts";
export { Authority } from "./tls/authority.ts";
export { type CloudOptions, type ControlPlane, type RunningCloud, startCloud } from "./start-cloud.ts";
