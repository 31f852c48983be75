import type { IncomingHttpHeaders } from "node:http";
import type { Call, Principal, ServiceRequest } from "@sluice/aws-protocol";

/** A request as one node passes it on to another, without its body. Its signature holds. */
export interface AskedRequest extends Pick<Call, "requestId" | "region" | "accessKeyId" | "endpoint" | "receivedAt"> {
  readonly sourceIp: string | null;
  readonly agentVersion: string | null;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/** The headers that say what a body is, and what is asked for. The others were for the signature. */
const meaningful = ["content-type", "x-amz-target", "user-agent", "accept"] as const;

/** What a service is asked, to be passed on. */
export function askedOf(service: string, { method, path, query, headers, call }: ServiceRequest): AskedRequest {
  const { requestId, region, accessKeyId, endpoint, receivedAt, sourceIp = null, agentVersion = null } = call;
  return {
    ...{ requestId, region, accessKeyId, endpoint, receivedAt, sourceIp, agentVersion },
    service,
    method,
    path,
    query: query.toString(),
    headers: Object.fromEntries(
      meaningful.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
    ),
  };
}

/** The request that another node has passed on. */
export function requestOf(
  { method, path, query, headers, sourceIp, agentVersion, ...asked }: AskedRequest,
  {
    principal,
    body,
    signal,
  }: { readonly principal: Principal; readonly body: Buffer; readonly signal: () => AbortSignal },
): ServiceRequest {
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers,
    body: heldBody(body),
    call: {
      requestId: asked.requestId,
      region: asked.region,
      accessKeyId: asked.accessKeyId,
      endpoint: asked.endpoint,
      receivedAt: asked.receivedAt,
      sourceIp: sourceIp ?? undefined,
      agentVersion: agentVersion ?? undefined,
      principal,
      get signal() {
        return signal();
      },
    },
  };
}

/** A body that is here as a whole, and can be read again. */
export const heldBody = (bytes: Buffer): ServiceRequest["body"] => ({
  bytes: async () => bytes,
  stream: () => {
    throw new Error("A request that nodes pass on cannot be read bit by bit");
  },
});
