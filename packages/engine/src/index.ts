export * from "./world.ts";
export { decide, isOver } from "./decide.ts";
export { commandId, evolve, evolveAll } from "./evolve.ts";
export { healthAfter, revisionHealth, type HostMemory } from "./health-after.ts";
export { inPlaceEvents } from "./in-place.ts";
export { deploymentOverview } from "./overview.ts";
export { targetsMax } from "./time-limits.ts";
