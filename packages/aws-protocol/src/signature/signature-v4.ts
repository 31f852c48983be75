import { hash } from "node:crypto";
import { HmacSha256 } from "./hmac-sha256.ts";

/** The credentials of a signer. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A request to be signed. */
export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly credentials: SigningCredentials;
  readonly region: string;
  readonly service: string;
  /** The time of signing; by default now. */
  readonly now?: Date | undefined;
}

/** The parts of a canonical request. Header names are lower case; `signedHeaders` are sorted. */
export interface CanonicalParts {
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly query: Iterable<readonly [name: string, value: string]>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
  readonly service: string;
}

/** The name of the only algorithm, as requests carry it. */
export const algorithm = "AWS4-HMAC-SHA256";

/** Signs a request in its Authorization header. Returns every header to send. */
export function signHeaders({
  method,
  url,
  headers,
  body,
  credentials,
  region,
  service,
  now = new Date(),
}: SignableRequest): Record<string, string> {
  const time = amzDate(now);
  const payloadHash = sha256Hex(body);
  const sent: Record<string, string> = {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    host: url.host,
    "x-amz-date": time,
  };
  if (service === "s3") sent["x-amz-content-sha256"] = payloadHash;
  if (credentials.sessionToken !== undefined) sent["x-amz-security-token"] = credentials.sessionToken;
  const signedHeaders = Object.keys(sent).toSorted();
  const canonical = canonicalRequest({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: sent,
    signedHeaders,
    payloadHash,
    service,
  });
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const signature = signText(signingKey(credentials.secretAccessKey, scope), stringToSign(canonical, time, scope));
  return {
    ...sent,
    authorization: `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`,
  };
}

/** Returns the canonical form of a request, which both sides hash. S3's paths are used as they are; every other service's are normalized and encoded once more. */
export function canonicalRequest({
  method,
  path,
  query,
  headers,
  signedHeaders,
  payloadHash,
  service,
}: CanonicalParts): string {
  let text = `${method}\n${service === "s3" ? path : canonicalPath(path)}\n${canonicalQuery(query)}\n`;
  for (const name of signedHeaders) text += `${name}:${canonicalValue(headers[name])}\n`;
  return `${text}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

function canonicalQuery(query: CanonicalParts["query"]): string {
  const pairs = [...query].map(([name, value]) => [encodeUri(name), encodeUri(value)] as const);
  // By name, then by value, in code-unit order: in joined pairs "=" would take part in the comparison.
  return pairs
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Returns the text whose HMAC is the signature. */
export function stringToSign(canonical: string, time: string, scope: string): string {
  return `${algorithm}\n${time}\n${scope}\n${sha256Hex(canonical)}`;
}

/** The HMAC key for the requests of one secret, day, region and service. */
export type SigningKey = HmacSha256;

/** Signing keys that are kept: one for each secret, day, region and service in use. */
const signingKeysMax = 2_000;
const signingKeys = new Map<string, SigningKey>();

/** Derives the key for a scope (`DATE/REGION/SERVICE/aws4_request`) from a secret. */
export function signingKey(secretAccessKey: string, scope: string): SigningKey {
  const name = `${scope}/${secretAccessKey}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  if (signingKeys.size >= signingKeysMax) signingKeys.clear();
  const key = scope
    .split("/")
    .reduce((before, part) => new HmacSha256(before.bytes(part)), new HmacSha256(`AWS4${secretAccessKey}`));
  signingKeys.set(name, key);
  return key;
}

/** Returns a signature in hex. */
export function signText(key: SigningKey, text: string): string {
  return key.hex(text);
}

/** Returns the SHA-256 of text or bytes, in hex. */
export function sha256Hex(content: string | Uint8Array): string {
  return hash("sha256", content);
}

/** Formats a time as AWS does: `20261124T125419Z`. */
export function amzDate(date: Date): string {
  return date.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalPath(path: string): string {
  if (path === "/") return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(encodeUri(part));
  }
  const trailing = parts.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${parts.join("/")}${trailing}`;
}

function canonicalValue(value: string | readonly string[] | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return value.map(canonicalValue).join(",");
  return /\s/.test(value) ? value.trim().replaceAll(/\s+/g, " ") : value;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
