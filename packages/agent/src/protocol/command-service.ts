import type { Configuration } from "../config.ts";
import type { Identity } from "../identity/identity.ts";
import type { SignedRequests } from "./signed-requests.ts";
import { AccessRefused, TransientError, RequestRefused, Throttled } from "./request-errors.ts";

/** A command from the control plane. */
export interface HostCommand {
  readonly identifier: string;
  readonly deploymentExecutionId: string;
  readonly name: string;
}

/** The state of a command, as the control plane sees it. */
export type CommandStatus = "Pending" | "InProgress" | "Succeeded" | "Failed";

/** The longest response, in bytes: usual ones, even signed specifications, have a few KB. */
const responseBytesMax = 1024 * 1024;

/** Calls the operations of the control plane for hosts (agent.md §1.2). */
export class CommandService {
  readonly #requests: SignedRequests;
  readonly #identity: Identity;
  readonly #url: URL;
  readonly #secure: boolean;
  readonly #version: string;

  constructor(
    requests: SignedRequests,
    identity: Identity,
    { configuration, version }: { configuration: Configuration; version: string },
  ) {
    this.#requests = requests;
    this.#identity = identity;
    this.#secure = configuration.enableAuthPolicy;
    this.#url = new URL(configuration.deployControlEndpoint ?? defaultEndpoint(identity.region, configuration));
    this.#version = version;
  }

  /** Returns the next command for this host, or undefined when there is none. The control plane may delay the response for a minute. */
  async poll(signal: AbortSignal): Promise<HostCommand | undefined> {
    const { HostCommand: found } = await this.#call(
      "PollHostCommand",
      { HostIdentifier: this.#identity.hostIdentifier },
      signal,
    );
    if (found === null || found === undefined) return undefined;
    const { HostCommandIdentifier, HostIdentifier, DeploymentExecutionId, CommandName } = found as Readonly<
      Record<string, unknown>
    >; // checked below
    // The official agent accepts any part of its name.
    if (
      typeof HostIdentifier !== "string" ||
      HostIdentifier === "" ||
      !this.#identity.hostIdentifier.includes(HostIdentifier)
    )
      throw new Error(`Host Identifier mismatch: ${this.#identity.hostIdentifier} != ${String(HostIdentifier)}`);
    if (typeof CommandName !== "string" || CommandName === "") throw new Error("Command Name missing");
    if (typeof HostCommandIdentifier !== "string" || typeof DeploymentExecutionId !== "string")
      throw new Error("Cannot read the command: its identifiers are missing");
    return { identifier: HostCommandIdentifier, deploymentExecutionId: DeploymentExecutionId, name: CommandName };
  }

  /** Returns the envelope of a deployment's specification; with a nonce, one that was made for this very call. Throws when it is not for CodeDeploy. */
  async specification(
    deploymentExecutionId: string,
    nonce?: string,
  ): Promise<{ readonly format: string; readonly payload: string }> {
    const response = await this.#call("GetDeploymentSpecification", {
      DeploymentExecutionId: deploymentExecutionId,
      HostIdentifier: this.#identity.hostIdentifier,
      Nonce: nonce,
    });
    if (response.DeploymentSystem !== "CodeDeploy")
      throw new RequestRefused(`Deployment System mismatch: CodeDeploy != ${String(response.DeploymentSystem)}`);
    const envelope = (
      response.DeploymentSpecification as { GenericEnvelope?: { Format?: unknown; Payload?: unknown } } | undefined
    )?.GenericEnvelope; // checked below
    if (typeof envelope?.Format !== "string" || typeof envelope.Payload !== "string")
      throw new RequestRefused("Deployment Specification missing");
    return { format: envelope.Format, payload: envelope.Payload };
  }

  /** Acknowledges a command. Returns its state, by which it may have been settled without this host. */
  async acknowledge(identifier: string, isNoop: boolean): Promise<CommandStatus | undefined> {
    const { CommandStatus: status } = await this.#call("PutHostCommandAcknowledgement", {
      HostCommandIdentifier: identifier,
      Diagnostics: envelope(JSON.stringify({ IsCommandNoop: isNoop })),
    });
    return status as CommandStatus | undefined; // any other text counts as InProgress (agent.md §1.4)
  }

  /** Reports how a command ended. `payload`: the diagnostics as JSON text. */
  async complete(identifier: string, status: "Succeeded" | "Failed", payload: string): Promise<void> {
    await this.#call("PutHostCommandComplete", {
      HostCommandIdentifier: identifier,
      CommandStatus: status,
      Diagnostics: envelope(payload),
    });
  }

  /** Sends lines that a command's scripts have printed; `first` is the number of the first one. Unlike AWS, whose agents have no such operation. */
  async output(identifier: string, first: number, lines: readonly string[]): Promise<void> {
    await this.#call("PutHostCommandOutput", { HostCommandIdentifier: identifier, FirstLine: first, Lines: lines });
  }

  async #call(operation: string, input: object, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const prefix = this.#secure ? "CodeDeployCommandService" : "CodeDeployCommandService_v20141006";
    const request = {
      method: "POST" as const,
      url: this.#url,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${prefix}.${operation}`,
        "x-amz-codedeploy-agent-version": this.#version,
      },
      body: JSON.stringify(input),
      service: this.#secure ? "codedeploy-commands-secure" : "codedeploy-commands",
      region: this.#identity.region,
      credentials: await this.#credentials(),
      signal,
    };
    const { status, text } = await this.#requests.call(request, responseBytesMax);
    const response = parse(text);
    if (status !== 200) throw errorOf(operation, status, response ?? {});
    // The page of a proxy, or a truncated response.
    if (response === undefined)
      throw new TransientError(`${operation} was answered with something that is no JSON object`);
    return response;
  }

  /** The role may be attached again, or the file of keys may just be being written. */
  async #credentials() {
    try {
      return await this.#identity.credentials();
    } catch (cause) {
      throw new TransientError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
}

function errorOf(operation: string, status: number, response: Readonly<Record<string, unknown>>): Error {
  const type = typeof response.__type === "string" ? response.__type.replace(/^.*#/, "") : "";
  const sentence = `${operation} was answered with status ${status}: ${[type, response.message ?? response.Message].filter(Boolean).join(" - ")}`;
  if (status === 429 || /Throttl|TooManyRequests|RateExceeded|RequestLimit|SlowDown/i.test(type))
    return new Throttled(sentence);
  // A key may be renewed or a clock set. Other errors of a request are permanent.
  if (
    type !== "ClientException" &&
    (status >= 500 || status === 408 || /Token|Signature|Credential|Client$|Expired|Skew|Server/i.test(type))
  )
    return new TransientError(sentence);
  return status === 400 && !/Denied/i.test(type) ? new RequestRefused(sentence) : new AccessRefused(sentence);
}

const envelope = (payload: string) => ({ Format: "JSON", Payload: payload });

/** Parses a JSON object. Returns undefined for any other text. */
function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const fipsRegions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1"];

function defaultEndpoint(region: string, { useFipsMode, enableAuthPolicy }: Configuration): string {
  if (useFipsMode && !fipsRegions.includes(region))
    throw new Error("use_fips_mode can be set to true only in regions located in the USA");
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : region === "eusc-de-east-1"
      ? "amazonaws.eu"
      : "amazonaws.com";
  return `https://codedeploy-commands${enableAuthPolicy ? "-secure" : ""}${useFipsMode ? "-fips" : ""}.${region}.${domain}`;
}
