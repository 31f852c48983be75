export { type AccessLine, createFrontDoor, createFrontDoorServer, type FrontDoorOptions } from "./front-door.ts";
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
export type { AccessKey, AccessKeys, Call, Principal } from "./identity.ts";
export { type Operation, serviceModel, type ServiceModel, type ServiceName } from "./model.ts";
export type {
  HostPermission,
  InputOf,
  Operations,
  OutputOf,
  RequestBody,
  Service,
  ServiceRequest,
  ServiceResponse,
} from "./service.ts";
