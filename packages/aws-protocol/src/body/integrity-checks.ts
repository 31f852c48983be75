import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { checksumMismatch } from "./aws-chunked.ts";
import { type Checksum, createChecksum } from "./checksum.ts";
import { Fault } from "../fault.ts";
import { refusal } from "../signature/refusals.ts";
import type { VerifiedSignature } from "../signature/verify-signature.ts";

/** A check of a whole body, fed piece by piece. */
export interface IntegrityCheck {
  update(bytes: Uint8Array): void;
  /** Throws a Fault when the bytes do not match what the request declared. */
  finish(): void;
}

/** The checks of a signed body: the hash that its signature covers, and what its headers declare. */
export function integrityChecks(
  { payload }: VerifiedSignature,
  headers: IncomingHttpHeaders,
  protocol: string,
): readonly IntegrityCheck[] {
  if (!/^[0-9a-f]{64}$/.test(payload)) return checksFromHeaders(headers);
  const mismatch = () =>
    refusal(protocol, "wrong body", "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return [
    hashCheck(createHash("sha256"), (hash) => hash.digest("hex") === payload, mismatch),
    ...checksFromHeaders(headers),
  ];
}

/** The checks that `Content-MD5` and `x-amz-checksum-…` headers ask for. */
export function checksFromHeaders(headers: IncomingHttpHeaders): readonly IntegrityCheck[] {
  const checks: IntegrityCheck[] = [];
  const md5 = headers["content-md5"];
  if (typeof md5 === "string")
    checks.push(
      hashCheck(
        createHash("md5"),
        (hash) => hash.digest("base64") === md5,
        () => new Fault("BadDigest", "The Content-MD5 you specified did not match what we received."),
      ),
    );
  for (const name of Object.keys(headers)) {
    const checksum = name.startsWith("x-amz-checksum-")
      ? createChecksum(name.slice("x-amz-checksum-".length))
      : undefined;
    if (checksum !== undefined) checks.push(checksumCheck(checksum, name, String(headers[name])));
  }
  return checks;
}

function hashCheck(hash: Hash, matches: (hash: Hash) => boolean, mismatch: () => Fault): IntegrityCheck {
  return {
    update: (bytes) => void hash.update(bytes),
    finish: () => {
      if (!matches(hash)) throw mismatch();
    },
  };
}

function checksumCheck(checksum: Checksum, header: string, declared: string): IntegrityCheck {
  return {
    update: (bytes) => checksum.update(bytes),
    finish: () => {
      if (checksum.base64() !== declared) throw checksumMismatch(header);
    },
  };
}
