export { createFrontDoor, type FrontDoorOptions } from "./front-door/front-door.ts";
export { createFrontDoorServer, frontDoorLimits } from "./front-door/front-door-server.ts";
export {
  ConnectionLimits,
  type ConnectionLimitsOptions,
  defaultConnectionLimits,
} from "./front-door/connection-limits.ts";
export { hostNames, isLoopback } from "./front-door/host-names.ts";
export { HttpOrHttpsServer, type HttpsOptions } from "./front-door/http-or-https-server.ts";
export type { AccessLine, RecordedRequest } from "./front-door/request-records.ts";
export {
  codedeployCommands,
  codedeployCommandsTargetPrefixes,
  type CommandStatus,
  type Envelope,
  type HostCommandInstance,
  type HostCommandOperations,
} from "./service/codedeploy-commands.ts";
export { defineService, type ServiceDefinition } from "./service/define-service.ts";
export { parseJson } from "./codec/json.ts";
export { Fault } from "./fault.ts";
export { type AccessKey, type AccessKeys, anonymous, type Call, type Principal } from "./permission/identity.ts";
export {
  type Access,
  type AccessOf,
  type AccessTable,
  accessesOf,
  contextOf,
  type HostPermission,
  type ResolvedAccess,
  mayDoEverything,
  onAnyResource,
  type Permissions,
  permit,
  principalArnOf,
  refused,
  accessesFromTable,
} from "./permission/permission.ts";
export {
  type Action,
  type Caller,
  type Context,
  type Decision,
  evaluate,
  evaluateTrust,
  MalformedPolicy,
  parsePolicy,
  type PolicyDocument,
  type PolicyKind,
  type Statement,
  type Trust,
} from "./policy/index.ts";
export { isStillGood } from "./lifetime.ts";
export { printable, printableLines } from "./printable.ts";
export { requestTags, resourceTags, type Tags, withTags } from "./permission/tag-context.ts";
export { buildModel, type Operation, serviceModel, type ServiceModel, type ServiceName } from "./service/model.ts";
export type {
  InputOf,
  Operations,
  OutputOf,
  RequestBody,
  Service,
  ServiceRequest,
  ServiceResponse,
} from "./service/service.ts";
