export { createFrontDoor, type FrontDoorOptions } from "./front-door.ts";
export { createFrontDoorServer, frontDoorLimits } from "./front-door-server.ts";
export type { HttpsOptions } from "./http-or-https-server.ts";
export type { AccessLine, RecordedRequest } from "./request-records.ts";
export {
  codedeployCommands,
  codedeployCommandsTargetPrefixes,
  type CommandStatus,
  type Envelope,
  type HostCommandInstance,
  type HostCommandOperations,
} from "./codedeploy-commands.ts";
export { defineService, type ServiceDefinition } from "./define-service.ts";
export { Fault } from "./fault.ts";
export { HmacSha256 } from "./hmac-sha256.ts";
export { type AccessKey, type AccessKeys, anonymous, type Call, type Principal } from "./identity.ts";
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
} from "./permission.ts";
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
export { printable, printableLines } from "./printable.ts";
export { requestTags, resourceTags, type Tags, withTags } from "./tag-context.ts";
export { buildModel, type Operation, serviceModel, type ServiceModel, type ServiceName } from "./model.ts";
export type {
  InputOf,
  Operations,
  OutputOf,
  RequestBody,
  Service,
  ServiceRequest,
  ServiceResponse,
} from "./service.ts";
