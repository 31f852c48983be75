export type * from "./model/alarm-reading.ts";
export type * from "./decision.ts";
export * from "./world.ts";
export { commandId } from "./command-id.ts";
export { advance, decide } from "./decide.ts";
export { isOver } from "./rules/ending.ts";
export { evolve, evolveAll, isIdle } from "./evolve.ts";
export { bringsRevision, healthAfter, revisionHealth, type HostMemory } from "./rules/health-after.ts";
export { followUp, followUpsMax, isOutdated, type FollowUpInput, type FollowUp } from "./rules/outdated.ts";
export { disruptionBudget, type DisruptionBudget } from "./rules/minimum-healthy-hosts.ts";
export { targetOf } from "./target-index.ts";
export { newDeployment, type InitialDeployment } from "./new-deployment.ts";
export {
  rollback,
  rollbackMessages,
  type AutoRollbackEvent,
  type RollbackInput,
  type Rollback,
} from "./rules/rollback.ts";
export { unrestoredRegistrations } from "./workflows/traffic.ts";
export type * from "./model/effect.ts";
export type * from "./model/lambda-plan.ts";
export type * from "./model/ecs-plan.ts";
export { shiftOf } from "./workflows/lambda.ts";
export { taskSetsOf, type ShownTaskSet } from "./workflows/ecs.ts";
export { greenPercent, isDivisible, routeInWords, routesOf, weightsAt } from "./rules/route-weights.ts";
export { aliasInWords } from "./messages/lambda-messages.ts";
export { nextShiftInWords, percentDue, shiftsOf, type Shift, type TrafficRouting } from "./rules/traffic-shift.ts";
export { deploymentOverview } from "./rules/overview.ts";
export { silentHosts } from "./rules/silent-hosts.ts";
export { stopMessage } from "./messages/stop-message.ts";
export { heartbeatInterval, stepLimit, targetsMax } from "./rules/time-limits.ts";
export type { Assumptions, Trouble } from "./forecast/assumptions.ts";
export { forecast, type Forecast, type ForecastHold, type ForecastStep, type Wave } from "./forecast/forecast.ts";
