import type { IncomingHttpHeaders } from "node:http";
import { algorithm } from "./signature-v4.ts";

/** What a request says of its own signature, before it is verified. */
export interface Authorization {
  readonly form: "header" | "query" | "v2 link";
  readonly accessKeyId: string;
  /** `DATE/REGION/SERVICE/aws4_request`. */
  readonly scope: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As sent, in AWS's compact form; for a SigV2 link, the second at which it expires. */
  readonly time: string;
  /** Seconds for which a link is valid; undefined on headers. */
  readonly expiresSeconds?: number | undefined;
  readonly sessionToken?: string | undefined;
}

/** Reads what a request says of its signature. Returns undefined when it has none, "malformed" when it cannot be read. */
export function readAuthorization(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
): Authorization | "malformed" | undefined {
  if (headers.authorization !== undefined) return readHeader(headers.authorization, headers);
  if (query.has("X-Amz-Signature") || query.has("X-Amz-Credential")) return readQuery(query);
  if (query.has("AWSAccessKeyId") && query.has("Signature")) return readV2Link(query);
  return undefined;
}

function readHeader(text: string, headers: IncomingHttpHeaders): Authorization | "malformed" {
  const end = text.length - signatureCharacters;
  const signer = readSigner(text.slice(0, Math.max(end, 0)));
  const signature = text.slice(end);
  const time = headers["x-amz-date"];
  if (signer === undefined || !/^[0-9a-f]+$/.test(signature) || typeof time !== "string") return "malformed";
  const token = headers["x-amz-security-token"];
  const { accessKeyId, scope, region, service, signedHeaders } = signer;
  const sessionToken = typeof token === "string" ? token : undefined;
  return { form: "header", accessKeyId, scope, region, service, signedHeaders, signature, time, sessionToken };
}

const signatureCharacters = 64;

type Signer = Pick<Authorization, "accessKeyId" | "scope" | "region" | "service" | "signedHeaders">;

/** Authorization headers up to their signatures, parsed: a client sends the same text for a whole day. */
const signers = new Map<string, Signer>();
const signersMax = 2_000;

/** Longest text that is kept, in characters. */
const keptCharactersMax = 512;

function readSigner(text: string): Signer | undefined {
  const known = signers.get(text);
  if (known !== undefined) return known;
  const [, credential, signedHeaders] =
    /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=$/.exec(text) ?? [];
  const scoped = readCredential(credential);
  if (scoped === undefined || signedHeaders === undefined) return undefined;
  const signer = { ...scoped, signedHeaders: signedHeaders.split(";") };
  if (text.length > keptCharactersMax) return signer;
  if (signers.size >= signersMax) signers.clear();
  signers.set(text, signer);
  return signer;
}

function readQuery(query: URLSearchParams): Authorization | "malformed" {
  const scoped = readCredential(query.get("X-Amz-Credential") ?? undefined);
  const signedHeaders = query.get("X-Amz-SignedHeaders")?.split(";");
  const signature = query.get("X-Amz-Signature");
  const time = query.get("X-Amz-Date");
  const expires = query.get("X-Amz-Expires") ?? "";
  const token = query.get("X-Amz-Security-Token");
  if (scoped === undefined || signedHeaders === undefined || signature === null || time === null) return "malformed";
  if (query.get("X-Amz-Algorithm") !== algorithm || !/^\d{1,7}$/.test(expires)) return "malformed";
  return {
    form: "query",
    ...scoped,
    signedHeaders,
    signature,
    time,
    expiresSeconds: Number(expires),
    sessionToken: token ?? undefined,
  };
}

function readV2Link(query: URLSearchParams): Authorization | "malformed" {
  const time = query.get("Expires") ?? "";
  if (!/^\d{1,12}$/.test(time)) return "malformed";
  const token = query.get("x-amz-security-token");
  return {
    form: "v2 link",
    accessKeyId: query.get("AWSAccessKeyId") ?? "",
    scope: "",
    // A SigV2 link names no region; only us-east-1 still accepts them.
    region: "us-east-1",
    service: "s3",
    signedHeaders: [],
    signature: query.get("Signature") ?? "",
    time,
    sessionToken: token ?? undefined,
  };
}

function readCredential(
  credential: string | undefined,
): Pick<Authorization, "accessKeyId" | "scope" | "region" | "service"> | undefined {
  const parts = credential?.split("/") ?? [];
  const [accessKeyId, date, region, service, end] = parts;
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request" || parts.length !== 5) return undefined;
  return { accessKeyId, scope: `${date}/${region}/${service}/aws4_request`, region, service };
}
