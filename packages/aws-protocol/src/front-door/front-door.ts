import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { type Authorization, readAuthorization } from "../signature/authorization.ts";
import { bucketOfHost, chooseService, hostLengthMax } from "./choose-service.ts";
import { beyondLimits, misdirected, queryParametersMax, unknownService } from "./refused-requests.ts";
import type { Exchange } from "./exchange.ts";
import type { FrontDoor } from "./fast-path-server.ts";
import { Fault } from "../fault.ts";
import { FrontDoorCall } from "./front-door-call.ts";
import { type AccessKey, type AccessKeys, anonymous } from "../permission/identity.ts";
import { NodeExchange } from "./node-exchange.ts";
import { readParameters } from "../codec/query.ts";
import { refusal } from "../signature/refusals.ts";
import { HeldBodies } from "../body/held-bodies.ts";
import { type BodyContext, WireBody } from "../body/request-body.ts";
import type { AccessLine } from "./request-records.ts";
import { sandboxed } from "./sandboxed-answers.ts";
import type { Service, ServiceResponse } from "../service/service.ts";
import { UnverifiedBodies } from "../body/unverified-bodies.ts";
import { type VerifiedSignature, verifySignature } from "../signature/verify-signature.ts";

/** What the front door opens to. */
export interface FrontDoorOptions {
  readonly services: readonly Service[];
  readonly keys: AccessKeys;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Called once for each request. */
  readonly log: (line: AccessLine) => void;
  /** Serves what is not an AWS request. */
  readonly fallback?: RequestListener | undefined;
  /** Whether the server is about to end: then each response is the last of its connection. */
  readonly isEnding?: (() => boolean) | undefined;
  /**
   * Whether a Host header names this server (`hostNames`). Requests under other names are refused, except signed ones:
   * a signature covers the name, and no page can make one. By default every name is taken.
   */
  readonly isOwnHost?: ((host: string | undefined, localAddress: string | undefined) => boolean) | undefined;
  /** How long a body may take; a minute by default. */
  readonly bodyMilliseconds?: number | undefined;
  /** Bytes of all bodies together whose signature is not verified yet; a quarter of a GiB by default. */
  readonly unverifiedBytesMax?: number | undefined;
  /** Bytes of all bodies together that services hold as a whole; half a GiB by default. */
  readonly heldBytesMax?: number | undefined;
}

/** Longest body that is read before its signature can be verified, in bytes: JSON and form requests are small. */
const unhashedBodyBytesMax = 4 * 1024 * 1024;

/** Longest form that is read to learn which service it is for, in bytes: more than any query service takes. */
const formBytesMax = 1024 * 1024;

/** A body that is held in memory must be there after this many milliseconds, and a streamed one may never pause for longer. */
const defaultBodyMilliseconds = 60_000;

/** Longest path and query, in bytes. S3's keys have at most 1 KiB, tripled by encoding; a presigned link adds about 1 KiB. */
const urlBytesMax = 16 * 1024;

/** A request that has arrived. */
interface Arrival {
  readonly exchange: Exchange;
  /** Serves what is not an AWS request. */
  readonly fallback: (() => void) | undefined;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Its start, by `performance.now()`. */
  readonly startedAt: number;
}

const emptyQuery = new URLSearchParams(); // nobody changes a query

/** Opens one port to many services: request id, limits, which service, whose signature, the service itself, the response, the log. */
export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const bodies = {
    unverifiedBodies: new UnverifiedBodies(options.unverifiedBytesMax),
    heldBodies: new HeldBodies(options.heldBytesMax),
  };
  const receive = (exchange: Exchange, fallback?: () => void) => {
    const { method, url } = exchange;
    const mark = url.indexOf("?");
    const query = mark < 0 ? emptyQuery : readParameters(url.slice(mark + 1), queryParametersMax);
    const arrival: Arrival = {
      exchange,
      fallback,
      requestId: randomUUID(),
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      query: query ?? emptyQuery,
      startedAt: performance.now(),
    };
    const isBeyondLimits = query === undefined || (exchange.headers.host?.length ?? 0) > hostLengthMax;
    const responding = isBeyondLimits
      ? respond(options, arrival, { response: beyondLimits })
      : admit(options, arrival, bodies);
    responding?.catch((error: unknown) => {
      // The response could not be sent: closing the connection is all that is left.
      exchange.destroy(error instanceof Error ? error : undefined);
    });
  };
  const listener: RequestListener = (message, response) =>
    receive(new NodeExchange(message, response), options.fallback && (() => options.fallback?.(message, response)));
  return Object.assign(listener, { onRequest: (exchange: Exchange) => receive(exchange) });
}

type BodyCounts = Pick<BodyContext, "unverifiedBodies" | "heldBodies">;

async function admit(options: FrontDoorOptions, arrival: Arrival, bodies: BodyCounts): Promise<void> {
  const { exchange, method, path, query } = arrival;
  const { headers, localAddress } = exchange;
  const authorization = readAuthorization(headers, query);
  const isSigned = authorization !== undefined && authorization !== "malformed";
  if (!isSigned && options.isOwnHost?.(headers.host, localAddress) === false)
    return respond(options, arrival, { response: misdirected });
  const body = new WireBody(exchange, {
    millisecondsMax: options.bodyMilliseconds ?? defaultBodyMilliseconds,
    sendContinue: () => exchange.sendContinue(),
    ...bodies,
  });
  const ofHost = options.services.find(({ servesHost }) => servesHost?.(headers.host ?? "") === true);
  const addressed = { method, path, query, headers, formVersion: () => formVersion(body) };
  const choice = ofHost ?? chooseService(options.services, addressed, authorization);
  const service = choice instanceof Promise ? await choice : choice;
  if (service === undefined) return respondWithoutService(options, arrival, authorization);
  const isAnonymous = ofHost !== undefined && !isSignedFor(ofHost, authorization);
  return serve(options, arrival, { service, authorization, isAnonymous, body });
}

interface Admission {
  readonly service: Service;
  readonly authorization: Authorization | "malformed" | undefined;
  readonly isAnonymous: boolean;
  readonly body: WireBody;
}

async function serve(options: FrontDoorOptions, arrival: Arrival, admission: Admission): Promise<void> {
  const { exchange, requestId, method, query } = arrival;
  const { service, body } = admission;
  const { headers } = exchange;
  const asked = { service, method, host: headers.host };
  let caller = "-";
  try {
    if (exchange.url.length > urlBytesMax)
      throw new Fault("RequestUriTooLong", `The request's URL is longer than ${urlBytesMax} bytes`, { status: 414 });
    const path = service.protocol === "rest-xml" ? pathWithBucket(arrival) : arrival.path;
    const { accessKey, region, signature } = await identify(options, { arrival, path, admission });
    if (accessKey !== undefined) exchange.onSignatureVerified();
    const { principal, accessKeyId } = accessKey ?? { principal: anonymous, accessKeyId: "" };
    caller = principal.arn;
    const receivedAt = options.clock();
    const call = new FrontDoorCall(exchange, { requestId, region, principal, accessKeyId, receivedAt });
    const response = await service.serve({
      method,
      path,
      query,
      headers,
      body: signature === undefined ? body.unsigned(accessKey) : body.verified(signature, service.protocol),
      call,
    });
    await respond(options, arrival, { response: sandboxed(response, asked), service: service.name, caller });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const response = service.refuse(error, { requestId, headers, path: arrival.path });
    await respond(options, arrival, { response: sandboxed(response, asked), service: service.name, caller });
  } finally {
    body.release();
  }
}

interface Identity {
  /** Absent for who does not say who he is. */
  readonly accessKey?: AccessKey | undefined;
  readonly region: string;
  readonly signature?: VerifiedSignature | undefined;
}

/** Finds out who sends a request: by its signature, or by the password that the service's clients show instead. */
async function identify(
  options: FrontDoorOptions,
  request: { arrival: Arrival; path: string; admission: Admission },
): Promise<Identity> {
  const { service, isAnonymous } = request.admission;
  if (service.readPassword !== undefined) {
    const password = service.readPassword(request.arrival.exchange.headers);
    const accessKey = password === undefined ? undefined : await options.keys.find(password.accessKeyId);
    const isExpired = (accessKey?.expiresAt ?? Number.POSITIVE_INFINITY) <= options.clock();
    return { accessKey: isExpired ? undefined : accessKey, region: password?.region ?? "" };
  }
  if (isAnonymous) return { region: "" };
  const signature = await verify(options, request);
  return { accessKey: signature.accessKey, region: signature.authorization.region, signature };
}

/** Whether a service at host names of its own is to verify this authorization. One for another service of AWS's counts as none. */
function isSignedFor({ hostScope }: Service, authorization: Authorization | "malformed" | undefined): boolean {
  if (authorization === undefined || authorization === "malformed" || hostScope === undefined) return false;
  // A SigV2 link covers neither host nor service: it opens S3 alone.
  return authorization.form !== "v2 link" && authorization.service === hostScope;
}

async function verify(
  { keys, clock }: FrontDoorOptions,
  { arrival, path, admission }: { arrival: Arrival; path: string; admission: Admission },
): Promise<VerifiedSignature> {
  const { exchange, method, query } = arrival;
  const { authorization, body } = admission;
  const { protocol, bodyBytesMax } = admission.service;
  if (authorization === undefined)
    throw refusal(protocol, "unsigned", protocol === "rest-xml" ? "Access Denied" : "Missing Authentication Token");
  if (authorization === "malformed")
    throw refusal(
      protocol,
      "malformed signature",
      "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and the request an 'X-Amz-Date'",
    );
  // SigV2 covers the path with the bucket in front, also when the bucket is in the host's name; SigV4 covers the path as sent.
  const signedPath = authorization.form === "v2 link" ? path : (exchange.url.split("?", 1)[0] ?? "/");
  const bodyHash = () => body.hash(Math.max(unhashedBodyBytesMax, bodyBytesMax));
  return verifySignature(
    { method, path: signedPath, query, headers: exchange.signedValues(), bodyHash },
    authorization,
    { keys, now: clock(), protocol },
  );
}

/** Returns the version that a form names. A body that cannot be read names none here, and fails where its operation reads it. */
async function formVersion(body: WireBody): Promise<string | undefined> {
  try {
    const form = await body.bytes(formBytesMax);
    return readParameters(form.toString("utf8"))?.get("Version") ?? undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

interface Response {
  readonly response: ServiceResponse;
  /** For the log; "-" when the request reached no service. */
  readonly service?: string | undefined;
  readonly caller?: string | undefined;
}

function respond(
  { log, isEnding }: FrontDoorOptions,
  { exchange, requestId, startedAt }: Arrival,
  { response, service = "-", caller = "-" }: Response,
): Promise<void> | undefined {
  const { status, headers, body, operation = "-", fault } = response;
  const isLast = fault === "RequestTimeout" || isEnding?.() === true;
  const sent = exchange.respond({ status, headers, body, isLast });
  const writeLog = () => {
    const milliseconds = Math.round((performance.now() - startedAt) * 10) / 10;
    log({ requestId, service, operation, caller, status, fault, milliseconds });
  };
  if (sent !== undefined) return sent.then(writeLog);
  writeLog();
  return undefined;
}

function respondWithoutService(
  options: FrontDoorOptions,
  arrival: Arrival,
  authorization: Authorization | "malformed" | undefined,
): Promise<void> | undefined {
  const { exchange, fallback, requestId } = arrival;
  if (authorization !== undefined)
    return respond(options, arrival, { response: unknownService(authorization, requestId) });
  if (fallback === undefined) return respond(options, arrival, { response: { status: 404, headers: {} } });
  exchange.sendContinue();
  exchange.limitBodyTime(options.bodyMilliseconds ?? defaultBodyMilliseconds);
  fallback();
  return undefined;
}

/** S3's path with the bucket in front, also when the bucket is in the host's name. */
function pathWithBucket({ path, exchange }: Arrival): string {
  const bucket = bucketOfHost(exchange.headers.host);
  return bucket === undefined ? path : `/${bucket}${path}`;
}
