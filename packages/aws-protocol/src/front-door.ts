import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SecureContextOptions } from "node:tls";
import { type Authorization, readAuthorization } from "./authorization.ts";
import { bucketOfHost, chooseService } from "./choose-service.ts";
import { EitherWayServer } from "./either-way-server.ts";
import { Fault } from "./fault.ts";
import { type AccessKeys, anonymous, type Call } from "./identity.ts";
import type { AccessLine, RecordedRequest } from "./request-records.ts";
import { refusal } from "./refusals.ts";
import { WireBody } from "./request-body.ts";
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
  /** Is told of each request that a service has answered, before the answer goes out. */
  readonly record?: (request: RecordedRequest) => Promise<void>;
  /** Serves what is no AWS request at all. */
  readonly fallback?: RequestListener;
  /** How long a body may take; a minute when absent. */
  readonly bodyMilliseconds?: number;
}

/** Longest body that has to be read before its signature can be proved, in bytes: JSON and form requests are small. */
const unhashedBodyBytesMax = 4 * 1024 * 1024;

/** Longest form that is read to learn which service it is for, in bytes: more than any query service takes. */
const formBytesMax = 1024 * 1024;

/** A body that is held in memory must be there after so many milliseconds, and a streamed one may never pause for longer. */
const bodyMilliseconds = 60_000;

/** Longest body that is still taken in, and thrown away, after its request was refused, in bytes. */
const leftoverBytesMax = 64 * 1024 * 1024;

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
  const body = new WireBody(message, {
    millisecondsMax: options.bodyMilliseconds ?? bodyMilliseconds,
    proceed: () => proceed(arrival),
  });
  const addressed = { ...arrival, headers: message.headers, formVersion: () => formVersion(body) };
  const own = options.services.find(({ servesHost }) => servesHost?.(message.headers.host ?? "") === true);
  const service = own ?? (await chooseService(options.services, addressed, authorization));
  if (service === undefined) {
    if (authorization !== undefined)
      return answer(options, arrival, unknownService(authorization, arrival.requestId), "-", "-");
    if (options.fallback !== undefined) {
      proceed(arrival);
      return options.fallback(message, response);
    }
    return answer(options, arrival, { status: 404, headers: {} }, "-", "-");
  }
  const about = { requestId: arrival.requestId, headers: message.headers, path: arrival.path };
  let caller = "-";
  try {
    if ((message.url ?? "").length > urlBytesMax)
      throw new Fault("RequestUriTooLong", `The request's URL is longer than ${urlBytesMax} bytes`, { status: 414 });
    const path = service.protocol === "rest-xml" ? pathWithBucket(arrival) : arrival.path;
    // At its own host names a service reads other authorizations than AWS's itself.
    const isAnonymous = own !== undefined && (authorization === undefined || authorization === "malformed");
    const signature = isAnonymous
      ? undefined
      : await prove(options, service, { ...arrival, path }, authorization, body);
    const { principal, accessKeyId } = signature?.accessKey ?? { principal: anonymous, accessKeyId: "" };
    caller = principal.arn;
    const region = signature?.authorization.region ?? "";
    const call = callOf(arrival, { region, principal, accessKeyId, receivedAt: options.clock() });
    const request = {
      method: arrival.method,
      path,
      query: arrival.query,
      headers: message.headers,
      body: signature === undefined ? body.unproved() : body.verified(signature, service.protocol),
      call,
    };
    const answered = await service.serve(request);
    await options.record?.({ call, service: service.name, answered });
    await answer(options, arrival, answered, service.name, caller);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await answer(options, arrival, service.refuse(error, about), service.name, caller);
  }
}

async function prove(
  { keys, clock }: FrontDoorOptions,
  { protocol, bodyBytesMax }: Service,
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
  const bodyHash = () => body.hash(Math.max(unhashedBodyBytesMax, bodyBytesMax));
  return verifySignature(
    { method: arrival.method, path, query: arrival.query, headers: signedValues(arrival.message), bodyHash },
    authorization,
    { keys, now: clock(), protocol },
  );
}

/** Header values as they are signed: repeated ones one by one, which Node joins or drops. */
function signedValues({ headers, rawHeaders, headersDistinct }: IncomingMessage) {
  if (rawHeaders.length === 2 * Object.keys(headers).length) return headers;
  return {
    ...headers,
    ...Object.fromEntries(Object.entries(headersDistinct).filter(([, values = []]) => values.length > 1)),
  };
}

/** What a form says of its version. A body that cannot be read says nothing here, and fails where its operation reads it. */
async function formVersion(body: WireBody): Promise<string | undefined> {
  try {
    const form = await body.bytes(formBytesMax);
    return new URLSearchParams(form.toString("utf8")).get("Version") ?? undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Tells a client that waits for leave to send its body to go on. A refusal that needs no body spares it the sending. */
function proceed({ message, response }: Pick<Arrival, "message" | "response">): void {
  if (expectsLeave(message)) response.writeContinue();
}

const expectsLeave = ({ headers }: IncomingMessage) => headers.expect?.toLowerCase() === "100-continue";

function callOf(
  { requestId, message, response }: Arrival,
  { region, principal, accessKeyId, receivedAt }: Pick<Call, "region" | "principal" | "accessKeyId" | "receivedAt">,
): Call {
  const sourceIp = message.socket.remoteAddress?.replace(/^::ffff:/, "");
  let controller: AbortController | undefined;
  return {
    requestId,
    region,
    principal,
    accessKeyId,
    receivedAt,
    ...(sourceIp === undefined ? {} : { sourceIp }),
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
  const leftover = willDrain(message) && fault !== "RequestTimeout" ? {} : { connection: "close" };
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
  if (!message.complete && !message.destroyed) message.unpipe().resume(); // what nobody read is let go, or the client would never read its answer
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

/** Whether what is left of a body is little enough to let it come in, so that the connection can be kept. */
function willDrain(message: IncomingMessage): boolean {
  if (message.complete) return true;
  const length = Number(message.headers["content-length"] ?? Number.NaN);
  return length <= leftoverBytesMax && !expectsLeave(message);
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

function pathWithBucket({ path, message }: Arrival): string {
  const bucket = bucketOfHost(message.headers.host);
  return bucket === undefined ? path : `/${bucket}${path}`;
}

/** Agents hold a poll for up to 60 s and clients keep connections between calls: an idle connection lives longer than that, in milliseconds. */
const keepAliveMilliseconds = 75_000;

/** What a request is told that is not even HTTP to its end, by Node's name for it: nobody knows yet which protocol it speaks. */
const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large\r\nx-amzn-ErrorType: RequestHeaderSectionTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout\r\nx-amzn-ErrorType: RequestTimeout",
};

/** Limits that fit held polls and streamed uploads. */
const limits = {
  keepAliveTimeout: keepAliveMilliseconds,
  headersTimeout: 20_000,
  requestTimeout: 0,
  maxHeaderSize: 32 * 1024,
  noDelay: true,
};

/** A server for the front door; with a certificate it speaks HTTPS beside HTTP. */
export function createFrontDoorServer(listener: RequestListener, tls?: SecureContextOptions): Server {
  const server = tls === undefined ? createServer(limits, listener) : new EitherWayServer(limits, listener, tls);
  // Without this Node itself would ask for every body, also for those of requests that are refused.
  server.on("checkContinue", listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const line = unreadable[error.code ?? ""] ?? "400 Bad Request\r\nx-amzn-ErrorType: BadRequest";
    if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  return server;
}
