import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Identities } from "../../identity/identities.ts";

export interface HostSetupOptions {
  readonly identities: Identities;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Path of the agent as one file. */
  readonly agentBundle: string;
  /** The authority of the control plane's own certificate, in PEM, if it has one. */
  readonly authority?: string | undefined;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Longest body of a registration, in bytes: a token has 43 characters. */
const tokenBytesMax = 1024;

/** Whether a request is one of a host that is set up: it may come over plain HTTP, which the host's operator has accepted then. */
export const isOfHostSetup = ({ url = "/" }: Pick<IncomingMessage, "url">): boolean =>
  /^\/hosts\/(setup|authority\.pem|codedeploy-agent\.cjs|register)(\?|$)/.test(url);

/**
 * Serves what a host needs before it can sign requests: the script that sets it up, the agent, and its key in exchange
 * for a token. Passes other requests on to `next`.
 */
export function withHostSetup(next: RequestListener, options: HostSetupOptions): RequestListener {
  let shared: WeakRef<Buffer> | undefined;
  /** One copy for all downloads: there may be many, and some may be slow or stall. */
  const agent = (): Buffer => {
    const bytes = shared?.deref() ?? readFileSync(options.agentBundle);
    shared = new WeakRef(bytes);
    return bytes;
  };
  return (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (path === "/hosts/setup" && isRead)
      return send(response, 200, readFileSync(new URL("setup.sh", import.meta.url)));
    if (path === "/hosts/authority.pem" && isRead)
      // Not for the console, which has pages below /hosts: whoever registers a host learns from the answer whether there is TLS.
      return options.authority === undefined
        ? send(response, 404, "This control plane has no authority of its own\n")
        : send(response, 200, options.authority);
    if (path === "/hosts/codedeploy-agent.cjs" && isRead) return send(response, 200, agent());
    if (path !== "/hosts/register" || request.method !== "POST") return next(request, response);
    register(request, options)
      .then((file) =>
        file === undefined
          ? send(response, 403, "This token is not good: it has been used, or it has expired\n")
          : send(response, 200, file),
      )
      .catch((error: unknown) => {
        if (!request.complete) return void response.destroy(); // the client has gone, which is not a defect
        options.onDefect(error, "a host's registration");
        send(response, 500, "The registration failed\n");
      });
  };
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-length": length,
  };
  response.writeHead(status, headers).end(body);
}

/** The on-premises file of the host that the token is for (agent.md §7.5); undefined when the token is not good. */
async function register(
  request: IncomingMessage,
  { identities, region, clock }: HostSetupOptions,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > tokenBytesMax) return undefined;
    chunks.push(chunk);
  }
  const host = await identities.redeemRegistration(Buffer.concat(chunks).toString("utf8").trim());
  if (host === undefined) return undefined;
  const { arn, accessKeyId, secretAccessKey } = host;
  const { remoteAddress } = request.socket;
  await identities.audit.append({
    at: clock(),
    requestId: randomUUID(),
    service: "sluice",
    operation: "RedeemHostRegistration",
    caller: arn,
    accessKeyId,
    sourceIp: remoteAddress,
    resources: [arn],
    outcome: "Succeeded",
  });
  return [
    "---",
    `region: ${region}`,
    `iam_user_arn: ${arn}`,
    `aws_access_key_id: ${accessKeyId}`,
    `aws_secret_access_key: ${secretAccessKey}`,
    "",
  ].join("\n");
}
