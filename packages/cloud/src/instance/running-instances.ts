// What other programs do with instances that run. It is apart from the rest of the cloud, which takes many times as long to load.
export { execInInstance, type Execution } from "./exec.ts";
export { endLeftovers } from "./leftovers.ts";
