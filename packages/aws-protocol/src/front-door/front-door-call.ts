import type { Exchange } from "./exchange.ts";
import { printable } from "../printable.ts";
import type { Call, Principal } from "../permission/identity.ts";

/** The longest version of an agent that is passed on, in characters. */
const agentVersionLengthMax = 64;

/** Why a call is aborted: one error for all of them. */
const clientGone = new Error("The caller has gone away");

/** What an operation may know of a request that came through the front door. */
export class FrontDoorCall implements Call {
  readonly requestId: string;
  readonly region: string;
  readonly principal: Principal;
  readonly accessKeyId: string;
  readonly receivedAt: number;
  readonly sourceIp: string | undefined;
  readonly #exchange: Exchange;
  #controller: AbortController | undefined;

  constructor(
    exchange: Exchange,
    {
      requestId,
      region,
      principal,
      accessKeyId,
      receivedAt,
    }: Pick<Call, "requestId" | "region" | "principal" | "accessKeyId" | "receivedAt">,
  ) {
    this.requestId = requestId;
    this.region = region;
    this.principal = principal;
    this.accessKeyId = accessKeyId;
    this.receivedAt = receivedAt;
    this.sourceIp = exchange.remoteAddress?.replace(/^::ffff:/, "");
    this.#exchange = exchange;
  }

  get endpoint(): string {
    return `${this.#exchange.isEncrypted ? "https" : "http"}://${this.#exchange.headers.host ?? "127.0.0.1"}`;
  }

  get agentVersion(): string | undefined {
    const version = this.#exchange.headers["x-amz-codedeploy-agent-version"];
    return typeof version === "string" ? printable(version, agentVersionLengthMax) : undefined;
  }

  /** Created on demand: most requests never ask for it, and a signal is not free. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#exchange.onClientGone(() => controller.abort(clientGone));
    }
    return this.#controller.signal;
  }
}
