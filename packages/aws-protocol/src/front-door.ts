import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { type Authorization, readAuthorization } from "./authorization.ts";
import { bucketOfHost, chooseService, hostLengthMax } from "./choose-service.ts";
import type { Exchange } from "./exchange.ts";
import { Fault } from "./fault.ts";
import { HeldBodies } from "./held-bodies.ts";
import { type AccessKeys, anonymous, type Call, type Principal } from "./identity.ts";
import { NodeExchange } from "./node-exchange.ts";
import { readParameters } from "./query.ts";
import type { FrontDoor } from "./quick-server.ts";
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
  readonly record?: (request: RecordedRequest) => Promise<void> | undefined;
  /** Serves what is no AWS request at all. */
  readonly fallback?: RequestListener;
  /** How long a body may take; a minute when absent. */
  readonly bodyMilliseconds?: number;
  /** How many bytes of bodies without a proof are held at once; a quarter of a GiB when absent. */
  readonly heldBytesMax?: number;
}

/** Longest body that has to be read before its signature can be proved, in bytes: JSON and form requests are small. */
const unhashedBodyBytesMax = 4 * 1024 * 1024;

/** Longest form that is read to learn which service it is for, in bytes: more than any query service takes. */
const formBytesMax = 1024 * 1024;

/** A body that is held in memory must be there after so many milliseconds, and a streamed one may never pause for longer. */
const bodyMilliseconds = 60_000;

/** Longest line of the request, in bytes. S3's keys have at most 1 KiB, tripled by encoding; a presigned link adds about 1 KiB. */
const urlBytesMax = 16 * 1024;

/** How many parameters a query may have, far above what any client puts there: reading many takes long, and nobody has signed them yet. */
const queryParametersMax = 1_000;

/** Opens one port to many services: request id, limits, which service, whose signature, the service itself, the answer, the log. */
export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const held = new HeldBodies(options.heldBytesMax);
  const take = (exchange: Exchange, fallback?: () => void) => {
    const { method, url } = exchange;
    const mark = url.indexOf("?");
    const query = mark < 0 ? noQuery : readParameters(url.slice(mark + 1), queryParametersMax);
    const arrival: Arrival = {
      exchange,
      fallback,
      requestId: randomUUID(),
      held,
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      query: query ?? noQuery,
      startedAt: performance.now(),
    };
    const isOdd = query === undefined || (exchange.headers.host?.length ?? 0) > hostLengthMax;
    const answered = isOdd ? answer(options, arrival, oddRequest, "-", "-") : admit(options, arrival);
    answered?.catch((error: unknown) => {
      // The answer could not be sent: the connection is all that is left to end.
      exchange.destroy(error instanceof Error ? error : undefined);
    });
  };
  const listener: RequestListener = (message, response) =>
    take(new NodeExchange(message, response), options.fallback && (() => options.fallback?.(message, response)));
  return Object.assign(listener, { take: (exchange: Exchange) => take(exchange) });
}

/** Nobody changes a query. */
const noQuery = new URLSearchParams();

interface Arrival {
  readonly exchange: Exchange;
  /** Serves what is no AWS request at all. */
  readonly fallback: (() => void) | undefined;
  readonly requestId: string;
  readonly held: HeldBodies;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly startedAt: number;
}

async function admit(options: FrontDoorOptions, arrival: Arrival): Promise<void> {
  const { exchange, fallback, held } = arrival;
  const { headers } = exchange;
  const authorization = readAuthorization(headers, arrival.query);
  const body = new WireBody(exchange, {
    millisecondsMax: options.bodyMilliseconds ?? bodyMilliseconds,
    proceed: () => exchange.proceed(),
    held,
  });
  const own = options.services.find(({ servesHost }) => servesHost?.(headers.host ?? "") === true);
  const { method, query } = arrival;
  const addressed = { method, path: arrival.path, query, headers, formVersion: () => formVersion(body) };
  const choice = own ?? chooseService(options.services, addressed, authorization);
  const service = choice instanceof Promise ? await choice : choice;
  if (service === undefined) {
    if (authorization !== undefined)
      return answer(options, arrival, unknownService(authorization, arrival.requestId), "-", "-");
    if (fallback !== undefined) {
      exchange.proceed();
      exchange.endWithin(options.bodyMilliseconds ?? bodyMilliseconds);
      return fallback();
    }
    return answer(options, arrival, { status: 404, headers: {} }, "-", "-");
  }
  const about = { requestId: arrival.requestId, headers, path: arrival.path };
  let caller = "-";
  try {
    if (exchange.url.length > urlBytesMax)
      throw new Fault("RequestUriTooLong", `The request's URL is longer than ${urlBytesMax} bytes`, { status: 414 });
    const path = service.protocol === "rest-xml" ? pathWithBucket(arrival) : arrival.path;
    const isAnonymous = own !== undefined && !speaksTo(own, authorization);
    const signature = isAnonymous
      ? undefined
      : await prove(options, service, path === arrival.path ? arrival : { ...arrival, path }, authorization, body);
    if (signature !== undefined) exchange.proved();
    const { principal, accessKeyId } = signature?.accessKey ?? { principal: anonymous, accessKeyId: "" };
    caller = principal.arn;
    const region = signature?.authorization.region ?? "";
    const call = new ArrivedCall(arrival, { region, principal, accessKeyId, receivedAt: options.clock() });
    const request = {
      method,
      path,
      query,
      headers,
      body: signature === undefined ? body.unproved() : body.verified(signature, service.protocol),
      call,
    };
    const answered = await service.serve(request);
    const recorded = options.record?.({ call, service: service.name, answered });
    if (recorded !== undefined) await recorded;
    await answer(options, arrival, answered, service.name, caller);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await answer(options, arrival, service.refuse(error, about), service.name, caller);
  }
}

/** At its own host names a service reads other authorizations than AWS's itself, and those of AWS's that are for another service are none. */
function speaksTo({ hostScope }: Service, authorization: Authorization | "malformed" | undefined): boolean {
  if (authorization === undefined || authorization === "malformed" || hostScope === undefined) return false;
  // A link of the old kind covers neither host nor service: it opens S3 alone.
  return authorization.form !== "v2 link" && authorization.service === hostScope;
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
  const path = authorization.form === "v2 link" ? arrival.path : (arrival.exchange.url.split("?", 1)[0] ?? "/");
  const bodyHash = () => body.hash(Math.max(unhashedBodyBytesMax, bodyBytesMax));
  return verifySignature(
    { method: arrival.method, path, query: arrival.query, headers: arrival.exchange.signedValues(), bodyHash },
    authorization,
    { keys, now: clock(), protocol },
  );
}

/** What a form says of its version. A body that cannot be read says nothing here, and fails where its operation reads it. */
async function formVersion(body: WireBody): Promise<string | undefined> {
  try {
    const form = await body.bytes(formBytesMax);
    return readParameters(form.toString("utf8"))?.get("Version") ?? undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Why a call is aborted: made once, for whoever goes away. */
const gone = new Error("The caller has gone away");

class ArrivedCall implements Call {
  readonly requestId: string;
  readonly region: string;
  readonly principal: Principal;
  readonly accessKeyId: string;
  readonly receivedAt: number;
  readonly sourceIp: string | undefined;
  readonly #exchange: Exchange;
  #controller: AbortController | undefined;

  constructor(
    { requestId, exchange }: Arrival,
    { region, principal, accessKeyId, receivedAt }: Pick<Call, "region" | "principal" | "accessKeyId" | "receivedAt">,
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

  /** Made on demand: most requests never ask for it, and a signal is not free. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const made = new AbortController();
      this.#controller = made;
      this.#exchange.onGone(() => made.abort(gone));
    }
    return this.#controller.signal;
  }
}

function answer(
  { log }: FrontDoorOptions,
  { exchange, requestId, startedAt }: Arrival,
  { status, headers, body, operation, fault }: ServiceResponse,
  service: string,
  caller: string,
): Promise<void> | undefined {
  const isLast = fault === "RequestTimeout";
  const sent = exchange.answer({ status, headers, ...(body === undefined ? {} : { body }), isLast });
  const note = () =>
    log({
      requestId,
      service,
      operation: operation ?? "-",
      caller,
      status,
      ...(fault === undefined ? {} : { fault }),
      milliseconds: Math.round((performance.now() - startedAt) * 10) / 10,
    });
  if (sent !== undefined) return sent.then(note);
  note();
  return undefined;
}

/** What is answered before anything of a request is looked at. */
const oddRequest: ServiceResponse = {
  status: 400,
  headers: { "x-amzn-ErrorType": "BadRequest" },
  body: `The Host header must have at most ${hostLengthMax} characters, and the query at most ${queryParametersMax} parameters\n`,
  fault: "BadRequest",
};

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

function pathWithBucket({ path, exchange }: Arrival): string {
  const bucket = bucketOfHost(exchange.headers.host);
  return bucket === undefined ? path : `/${bucket}${path}`;
}
