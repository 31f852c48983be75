export type { Chaos, InstanceDriver, Launch, Outside } from "./driver.ts";
export { DeferredDriver, type Instances, type RunningInstances } from "./deferred-driver.ts";
export { execInInstance, type Execution } from "./exec.ts";
export { endLeftovers } from "./leftovers.ts";
export { openDriver } from "./open-driver.ts";
export { stateFolderOf } from "./namespaces/folders.ts";
export type {
  ContainerEnd,
  ContainerMount,
  ContainerName,
  ContainerStart,
  OpenTask,
  TaskDriver,
  TaskOpening,
} from "./task/task-driver.ts";
