import { buildModel, type ServiceModel } from "./model.ts";
import type { Call } from "../permission/identity.ts";

// The host agents' command service has no SDK: its table is written by hand, in the form of the generated ones (agent.md §1.2).
const text = 0;
const number = 1;
const timestamp = 2;
const unit = 3;
const envelope = 4;
const hostCommand = 5;
const specification = 6;

/** The five operations that host agents call, and one of our own agents (agent.md §1.8). */
export const codedeployCommands: ServiceModel = buildModel({
  protocol: "json",
  version: "2014-10-06",
  targetPrefix: "CodeDeployCommandService_v20141006",
  operations: {
    PollHostCommand: [7, 8],
    GetDeploymentSpecification: [9, 10],
    PutHostCommandAcknowledgement: [11, 12],
    PutHostCommandComplete: [13, unit],
    PostHostCommandUpdate: [14, 12],
    PutHostCommandOutput: [16, unit],
  },
  errors: { ClientException: ["ClientException", 400], ServerException: ["ServerException", 500] },
  shapes: [
    ["string"],
    ["number"],
    ["timestamp"],
    ["unit"],
    structure("Envelope", { Format: text, Payload: text }),
    structure("HostCommandInstance", {
      HostCommandIdentifier: text,
      HostIdentifier: text,
      DeploymentExecutionId: text,
      CommandName: text,
      Nonce: number,
    }),
    structure("DeploymentSpecification", { VariantId: text, VariantEnvelope: envelope, GenericEnvelope: envelope }),
    structure("PollHostCommandInput", { HostIdentifier: text }),
    structure("PollHostCommandOutput", { HostCommand: hostCommand }),
    // The nonce is of our own agents (docs/decisions/039): those that have pinned the signer.
    structure("GetDeploymentSpecificationInput", { DeploymentExecutionId: text, HostIdentifier: text, Nonce: text }),
    structure("GetDeploymentSpecificationOutput", { DeploymentSystem: text, DeploymentSpecification: specification }),
    structure("PutHostCommandAcknowledgementInput", { HostCommandIdentifier: text, Diagnostics: envelope }),
    structure("PutHostCommandAcknowledgementOutput", { CommandStatus: text }),
    structure("PutHostCommandCompleteInput", {
      HostCommandIdentifier: text,
      CommandStatus: text,
      Diagnostics: envelope,
    }),
    structure("PostHostCommandUpdateInput", {
      HostCommandIdentifier: text,
      EstimatedCompletionTime: timestamp,
      Diagnostics: envelope,
    }),
    ["list", "Lines", {}, [text]],
    structure("PutHostCommandOutputInput", { HostCommandIdentifier: text, FirstLine: number, Lines: 15 }),
  ],
});

/** Other target prefixes that agents use: with `enable_auth_policy`, and those of AWS's test double. */
export const codedeployCommandsTargetPrefixes = [
  "CodeDeployCommandService",
  "ApolloDeployControlService_mock",
] as const;

/** A text and its format. */
export interface Envelope {
  readonly Format?: string | undefined;
  readonly Payload?: string | undefined;
}

/** The states of a command. */
export type CommandStatus = "Pending" | "InProgress" | "Succeeded" | "Failed";

/** The types of the operations, as `Operations` has those of an SDK. */
export interface HostCommandOperations<Context> {
  PollHostCommand(
    context: Context & { readonly call: Call },
    input: { readonly HostIdentifier?: string },
  ): Promise<{ readonly HostCommand?: HostCommandInstance }>;
  GetDeploymentSpecification(
    context: Context & { readonly call: Call },
    input: { readonly DeploymentExecutionId?: string; readonly HostIdentifier?: string; readonly Nonce?: string },
  ): Promise<{
    readonly DeploymentSystem: string;
    readonly DeploymentSpecification: { readonly GenericEnvelope: Envelope };
  }>;
  PutHostCommandAcknowledgement(
    context: Context & { readonly call: Call },
    input: { readonly HostCommandIdentifier?: string; readonly Diagnostics?: Envelope },
  ): Promise<{ readonly CommandStatus: CommandStatus }>;
  PutHostCommandComplete(
    context: Context & { readonly call: Call },
    input: {
      readonly HostCommandIdentifier?: string | undefined;
      readonly CommandStatus?: string | undefined;
      readonly Diagnostics?: Envelope | undefined;
    },
  ): Promise<void>;
  PostHostCommandUpdate(
    context: Context & { readonly call: Call },
    input: { readonly HostCommandIdentifier?: string },
  ): Promise<{ readonly CommandStatus: CommandStatus }>;
  PutHostCommandOutput(
    context: Context & { readonly call: Call },
    input: {
      readonly HostCommandIdentifier?: string | undefined;
      readonly FirstLine?: number | undefined;
      readonly Lines?: readonly string[] | undefined;
    },
  ): Promise<void>;
}

/** A command as PollHostCommand returns it. */
export interface HostCommandInstance {
  readonly HostCommandIdentifier: string;
  readonly HostIdentifier: string;
  readonly DeploymentExecutionId: string;
  readonly CommandName: string;
  readonly Nonce?: number | undefined;
}

function structure(
  name: string,
  members: Readonly<Record<string, number>>,
): readonly ["structure", string, Record<string, never>, unknown] {
  return ["structure", name, {}, Object.entries(members).map(([member, shape]) => [member, [shape]])];
}
