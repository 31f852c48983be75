import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Authorization, readAuthorization } from "./authorization.ts";
import { Fault } from "./fault.ts";
import type { AccessKeys, Call } from "./identity.ts";
import { refusal } from "./refusals.ts";
import { hashOf, WireBody } from "./request-body.ts";
import type { Service, ServiceResponse } from "./service.ts";
import { verifySignature } from "./verify-signature.ts";

/** What the front door opens to. */
export interface FrontDoorOptions {
  readonly services: readonly Service[];
  readonly keys: AccessKeys;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** One line for each request. */
  readonly log: (line: AccessLine) => void;
  /** Serves what is no AWS request at all. */
  readonly fallback?: RequestListener;
}

/** What there is to say of a request once it is over. Never a header or a body: they hold secrets. */
export interface AccessLine {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly status: number;
  readonly fault?: string;
  readonly milliseconds: number;
}

/** Longest body that has to be read before its signature can be proved, in bytes: JSON and form requests are small. */
const unhashedBodyBytesMax = 4 * 1024 * 1024;

/** Longest line of the request, in bytes. S3's keys have at most 1 KiB, tripled by encoding; a presigned link adds about 1 KiB. */
const urlBytesMax = 16 * 1024;

/** Opens one port to many services: request id, limits, which service, whose signature, the service itself, the answer, the log. */
export function createFrontDoor(options: FrontDoorOptions): RequestListener {
  return (message, response) => {
    const { method = "GET", url = "/" } = message;
    const mark = url.indexOf("?");
    const arrival: Arrival = {
      message,
      response,
      requestId: randomUUID(),
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
      startedAt: performance.now(),
    };
    admit(options, arrival).catch((error: unknown) => {
      // The answer could not be sent: the connection is all that is left to end.
      response.destroy(error instanceof Error ? error : undefined);
    });
  };
}

interface Arrival {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly startedAt: number;
}

async function admit(options: FrontDoorOptions, arrival: Arrival): Promise<void> {
  const { message, response } = arrival;
  const authorization = readAuthorization(message.headers, arrival.query);
  const service = chooseService(options.services, arrival, authorization);
  if (service === undefined) {
    if (authorization !== undefined)
      return answer(options, arrival, unknownService(authorization, arrival.requestId), "-", "-");
    if (options.fallback !== undefined) return options.fallback(message, response);
    return answer(options, arrival, { status: 404, headers: {} }, "-", "-");
  }
  const about = { requestId: arrival.requestId, headers: message.headers, path: arrival.path };
  let caller = "-";
  try {
    if ((message.url ?? "").length > urlBytesMax)
      throw new Fault("RequestUriTooLong", `The request's URL is longer than ${urlBytesMax} bytes`, { status: 414 });
    const path = service.protocol === "rest-xml" ? pathWithBucket(arrival) : arrival.path;
    const body = new WireBody(message);
    const signature = await prove(options, service, { ...arrival, path }, authorization, body);
    caller = signature.accessKey.principal.arn;
    const call = callOf(arrival, signature.authorization, signature.accessKey.principal);
    const request = {
      method: arrival.method,
      path,
      query: arrival.query,
      headers: message.headers,
      body: body.verified(signature, service.protocol),
      call,
    };
    await answer(options, arrival, await service.serve(request), service.name, caller);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await answer(options, arrival, service.refuse(error, about), service.name, caller);
  }
}

async function prove(
  { keys, clock }: FrontDoorOptions,
  { protocol }: Service,
  arrival: Arrival,
  authorization: Authorization | "malformed" | undefined,
  body: WireBody,
) {
  if (authorization === undefined)
    throw refusal(protocol, "unsigned", protocol === "rest-xml" ? "Access Denied" : "Missing Authentication Token");
  if (authorization === "malformed")
    throw refusal(
      protocol,
      "malformed signature",
      "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and the request an 'X-Amz-Date'",
    );
  // SigV2 signs the path as it was sent to a bucket's own host with the bucket in front; SigV4 signs it as it was sent.
  const path = authorization.form === "v2 link" ? arrival.path : ((arrival.message.url ?? "/").split("?", 1)[0] ?? "/");
  const bodyHash = () => hashOf(body, unhashedBodyBytesMax);
  return verifySignature(
    { method: arrival.method, path, query: arrival.query, headers: arrival.message.headers, bodyHash },
    authorization,
    { keys, now: clock(), protocol },
  );
}

/** By credential scope first; a query service's version tells apart those that share a name; an unsigned request by what it speaks. */
function chooseService(
  services: readonly Service[],
  { message, query, path }: Arrival,
  authorization: Authorization | "malformed" | undefined,
): Service | undefined {
  if (authorization !== undefined && authorization !== "malformed") {
    const named = services.filter(({ signingNames }) => signingNames.includes(authorization.service));
    return named.find(({ version }) => version !== undefined && version === query.get("Version")) ?? named[0];
  }
  const target = message.headers["x-amz-target"];
  if (typeof target === "string")
    return services.find(({ targetPrefixes }) => targetPrefixes.includes(target.split(".", 1)[0] ?? ""));
  if (query.has("Action"))
    return services.find(({ version }) => version !== undefined && version === query.get("Version"));
  const s3 = services.find(({ protocol }) => protocol === "rest-xml");
  const isForBucket =
    bucketOfHost(message.headers.host) !== undefined ||
    /x-amz-|aws-sdk|aws-cli|boto/i.test(`${Object.keys(message.headers).join(" ")} ${message.headers["user-agent"]}`);
  const isForm = message.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  if (isForm && path === "/") return services.find(({ protocol }) => protocol === "query");
  return isForBucket || authorization === "malformed" ? s3 : undefined;
}

function callOf(
  { requestId, message, response }: Arrival,
  { region }: Authorization,
  principal: Call["principal"],
): Call {
  let controller: AbortController | undefined;
  return {
    requestId,
    region,
    principal,
    endpoint: `http://${message.headers.host ?? "127.0.0.1"}`,
    // Made on demand: most requests never ask for it, and a signal is not free.
    get signal() {
      if (controller === undefined) {
        const made = new AbortController();
        controller = made;
        response.once("close", () => made.abort());
      }
      return controller.signal;
    },
  };
}

async function answer(
  { log }: FrontDoorOptions,
  { message, response, requestId, startedAt, method }: Arrival,
  { status, headers, body, operation, fault }: ServiceResponse,
  service: string,
  caller: string,
): Promise<void> {
  // A body that was not read to its end would be taken for the next request.
  const leftover = message.complete ? {} : { connection: "close" };
  if (body instanceof Readable && method !== "HEAD") {
    response.writeHead(status, { ...headers, ...leftover });
    await pipeline(body, response);
  } else {
    const bytes = typeof body === "string" ? Buffer.from(body) : body instanceof Uint8Array ? body : Buffer.alloc(0);
    const length = method === "HEAD" || status === 204 || status === 304 ? {} : { "content-length": bytes.length };
    response.writeHead(status, { ...length, ...headers, ...leftover });
    response.end(method === "HEAD" ? undefined : bytes);
    if (body instanceof Readable) body.destroy();
  }
  log({
    requestId,
    service,
    operation: operation ?? "-",
    caller,
    status,
    ...(fault === undefined ? {} : { fault }),
    milliseconds: Math.round((performance.now() - startedAt) * 10) / 10,
  });
}

function unknownService(authorization: Authorization | "malformed", requestId: string): ServiceResponse {
  const name =
    authorization === "malformed" ? "that the request is for" : `"${authorization.service}" of the credential scope`;
  const message = `There is no service ${name} here`;
  return {
    status: 404,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-RequestId": requestId,
      "x-amzn-ErrorType": "UnknownServiceException",
    },
    body: JSON.stringify({ __type: "UnknownServiceException", message }),
    fault: "UnknownServiceException",
  };
}

/** The bucket that a virtual-host request names in its Host header. */
function bucketOfHost(host = ""): string | undefined {
  return /^(.+?)\.(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|s3\.localhost|s3\.[a-z0-9-]+\.localhost|localhost)(?::\d+)?$/.exec(
    host,
  )?.[1];
}

function pathWithBucket({ path, message }: Arrival): string {
  const bucket = bucketOfHost(message.headers.host);
  return bucket === undefined ? path : `/${bucket}${path}`;
}

/** Agents hold a poll for up to 60 s and clients keep connections between calls: an idle connection lives longer than that, in milliseconds. */
const keepAliveMilliseconds = 75_000;

/** An HTTP server for the front door, with limits that fit held polls and streamed uploads. */
export function createFrontDoorServer(listener: RequestListener): Server {
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMilliseconds,
      headersTimeout: 20_000,
      requestTimeout: 0,
      maxHeaderSize: 32 * 1024,
      noDelay: true,
    },
    listener,
  );
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
  });
  return server;
}
