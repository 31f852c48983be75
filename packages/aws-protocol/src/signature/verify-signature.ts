import { timingSafeEqual } from "node:crypto";
import type { Authorization } from "./authorization.ts";
import { Fault } from "../fault.ts";
import type { AccessKey, AccessKeys } from "../permission/identity.ts";
import { HmacSha256 } from "./hmac-sha256.ts";
import { type Refusal, refusal } from "./refusals.ts";
import { signatureOfV2Link } from "./signature-v2.ts";
import { canonicalRequest, type SigningKey, signingKey, signText, stringToSign } from "./signature-v4.ts";

/** How far a caller's clock may be off, in milliseconds: 15 minutes, as with AWS. */
const skewMillisecondsMax = 15 * 60 * 1000;

/** How long a link may be valid, in seconds: seven days, as with AWS. */
const linkSecondsMax = 7 * 24 * 3600;

/** The signed parts of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Repeated headers as a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Returns the hash of the body; called when `x-amz-content-sha256` is absent. */
  readonly bodyHash: () => string | Promise<string>;
}

/** A verified signature, with what the checks of the body need. */
export interface VerifiedSignature {
  readonly accessKey: AccessKey;
  readonly authorization: Authorization;
  /** The body's stand-in in the signed text: a hash, `UNSIGNED-PAYLOAD` or `STREAMING-…`. */
  readonly payload: string;
  readonly signingKey: SigningKey;
}

/** Verifies who has signed a request. Throws the refusal in the service's protocol; its message never has a secret. */
export async function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  options: { keys: AccessKeys; now: number; protocol: string },
): Promise<VerifiedSignature> {
  const { keys, now, protocol } = options;
  const refuse = (why: Refusal, message: string) => refusal(protocol, why, message);
  checkTime(authorization, now, refuse);
  const found = keys.find(authorization.accessKeyId);
  const accessKey = found instanceof Promise ? await found : found;
  if (accessKey === undefined)
    throw refuse(
      "unknown key",
      protocol === "rest-xml"
        ? "The AWS Access Key Id you provided does not exist in our records."
        : "The security token included in the request is invalid.",
    );
  if (accessKey.sessionToken !== authorization.sessionToken)
    throw refuse("bad token", "The security token included in the request is invalid.");
  if (accessKey.expiresAt !== undefined && accessKey.expiresAt <= now)
    throw refuse("expired token", "The security token included in the request is expired");
  if (authorization.form === "v2 link") return verifyV2Link(request, authorization, accessKey, refuse);

  checkSignedHeaders(request.headers, authorization, refuse);
  const said = payloadOf(request, authorization, refuse) ?? request.bodyHash();
  const payload = typeof said === "string" ? said : await said;
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    query: withoutSignature(request.query),
    headers: request.headers,
    signedHeaders: authorization.signedHeaders,
    payloadHash: payload,
    service: authorization.service,
  });
  const key = signingKey(accessKey.secretAccessKey, authorization.scope);
  const expected = signText(key, stringToSign(canonical, authorization.time, authorization.scope));
  if (!equal(expected, authorization.signature)) throw refuse("wrong signature", doesNotMatch);
  return { accessKey, authorization, payload, signingKey: key };
}

const doesNotMatch =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

type Refuse = (why: Refusal, message: string) => Error;

function checkTime({ form, time, scope, expiresSeconds = 0 }: Authorization, now: number, refuse: Refuse): void {
  if (form === "v2 link") {
    if (Number(time) * 1000 <= now) throw refuse("expired link", "Request has expired");
    return;
  }
  const signedAt = millisecondsOf(time);
  if (Number.isNaN(signedAt) || !scope.startsWith(time.slice(0, 8)))
    throw refuse(
      "malformed signature",
      `The date of the signature, "${time.slice(0, 32)}", does not have the form YYYYMMDDTHHMMSSZ, or is not the credential's`,
    );
  if (form === "query") {
    if (expiresSeconds > linkSecondsMax)
      throw refuse(
        "malformed signature",
        `X-Amz-Expires must be less than a week (in seconds) that is ${linkSecondsMax}`,
      );
    if (signedAt + expiresSeconds * 1000 <= now) throw refuse("expired link", "Request has expired");
    if (signedAt - now > skewMillisecondsMax) throw refuse("expired link", "Request is not yet valid");
  } else if (Math.abs(now - signedAt) > skewMillisecondsMax) {
    const earliest = compact(now - skewMillisecondsMax);
    throw refuse(
      "skewed clock",
      signedAt < now
        ? `Signature expired: ${time} is now earlier than ${earliest} (${compact(now)} - 15 min.)`
        : `Signature not yet current: ${time} is still later than ${compact(now + skewMillisecondsMax)} (${compact(now)} + 15 min.)`,
    );
  }
}

/** The time that was parsed last: many requests come within a second. */
let lastRead = { time: "", milliseconds: Number.NaN };

function millisecondsOf(time: string): number {
  if (time !== lastRead.time) {
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
    lastRead = { time, milliseconds: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) };
  }
  return lastRead.milliseconds;
}

/** Requires that the host and every x-amz- header are signed: an unsigned one could turn a link that puts an object into one that copies another. The session token has been compared already. */
function checkSignedHeaders(headers: SignedRequest["headers"], { signedHeaders }: Authorization, refuse: Refuse): void {
  const signed = new Set(signedHeaders);
  // The canonical text has each with its value: a long one, named thousands of times, would make gigabytes.
  if (signed.size !== signedHeaders.length)
    throw refuse("malformed signature", "SignedHeaders must name each header once");
  const unsigned = Object.keys(headers).find(
    (name) => (name === "host" || (name.startsWith("x-amz-") && name !== "x-amz-security-token")) && !signed.has(name),
  );
  if (unsigned !== undefined || !signed.has("host"))
    throw refuse(
      "wrong signature",
      `There were headers present in the request which were not signed: ${unsigned ?? "host"}`,
    );
}

/** The values of `x-amz-content-sha256` besides a hash. */
const payloadForms: ReadonlySet<string> = new Set([
  "UNSIGNED-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
]);

/** Returns undefined when a request does not state its body's hash. */
function payloadOf({ headers }: SignedRequest, { form, service }: Authorization, refuse: Refuse): string | undefined {
  const said = headers["x-amz-content-sha256"];
  if (said === undefined && service === "s3") {
    if (form === "query") return "UNSIGNED-PAYLOAD";
    // An object may be too large to be read for its hash before its signature is verified.
    throw new Fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (said === undefined) return undefined;
  if (typeof said !== "string" || !(payloadForms.has(said) || /^[0-9a-f]{64}$/.test(said)))
    throw refuse(
      "malformed signature",
      `x-amz-content-sha256 must be ${[...payloadForms].join(", ")}, or a valid sha256 value`,
    );
  return said;
}

function verifyV2Link(
  request: SignedRequest,
  authorization: Authorization,
  accessKey: AccessKey,
  refuse: Refuse,
): VerifiedSignature {
  const expected = signatureOfV2Link(request, accessKey.secretAccessKey);
  if (!equal(expected, authorization.signature)) throw refuse("wrong signature", doesNotMatch);
  return { accessKey, authorization, payload: "UNSIGNED-PAYLOAD", signingKey: new HmacSha256("") };
}

function* withoutSignature(query: URLSearchParams): Iterable<readonly [string, string]> {
  for (const pair of query) if (pair[0] !== "X-Amz-Signature") yield pair;
}

function equal(expected: string, found: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(found);
  return a.length === b.length && timingSafeEqual(a, b);
}

const compact = (milliseconds: number) => new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, "");
