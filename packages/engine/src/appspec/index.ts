export type * from "./appspec.ts";
export { scriptableEvents, timeoutSecondsDefault } from "./appspec.ts";
export { examineEcsAppSpec } from "./ecs.ts";
export { type AppSpecKind, examineAppSpec } from "./examine.ts";
export type { Finding } from "./findings.ts";
export { type Parsed, parseAppSpec } from "./parse.ts";
export { appSpecBytesMax } from "./text-of-bytes.ts";
export {
  type LambdaAppSpec,
  type LambdaHookEvent,
  lambdaHookEvents,
  type ParsedLambda,
  parseLambdaAppSpec,
} from "./lambda.ts";
