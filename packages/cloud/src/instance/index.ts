export type { Chaos, InstanceDriver, Launch, Outside } from "./driver.ts";
export { DriverToCome, type Instances, type RunningInstances } from "./driver-to-come.ts";
export { execInInstance, type Execution } from "./exec.ts";
export { endLeftovers } from "./leftovers.ts";
export { openDriver } from "./open-driver.ts";
