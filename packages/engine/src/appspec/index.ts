export type * from "./appspec.ts";
export { timeoutSecondsDefault } from "./appspec.ts";
export {
  hostEvents,
  lifecycleEvents,
  type LifecycleEventName,
  orderedEvents,
  scriptableEvents,
} from "./lifecycle-events.ts";
export {
  type CapacityProvider,
  type EcsAppSpec,
  type EcsHookEvent,
  ecsHookEvents,
  type ParsedEcs,
  parseEcsAppSpec,
} from "./service/ecs.ts";
export { type AppSpecKind, examineAppSpec } from "./examine.ts";
export type { Finding } from "./findings.ts";
export { type Parsed, parseAppSpec } from "./parse.ts";
export { appSpecBytesMax } from "./yaml/text-of-bytes.ts";
export {
  type LambdaAppSpec,
  type LambdaHookEvent,
  lambdaHookEvents,
  type ParsedLambda,
  parseLambdaAppSpec,
} from "./service/lambda.ts";
