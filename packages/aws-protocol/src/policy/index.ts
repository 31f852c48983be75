export {
  type Condition,
  MalformedPolicy,
  parsePolicy,
  type PolicyDocument,
  type PolicyKind,
  type Statement,
} from "./document.ts";
export { type Action, type Caller, type Decision, evaluate, evaluateTrust, type Trust } from "./evaluate.ts";
export { type Context } from "./pattern.ts";
