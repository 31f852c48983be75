import { createHash, type Hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { AwsChunked, checksumMismatch } from "./aws-chunked.ts";
import { createChecksum, type Checksum } from "./checksum.ts";
import { Fault } from "./fault.ts";
import { refusal } from "./refusals.ts";
import type { RequestBody } from "./service.ts";
import { sha256Hex } from "./signature-v4.ts";
import type { VerifiedSignature } from "./verify-signature.ts";

/** A body that has been read, to be hashed, before its signature could be proved. */
export class WireBody {
  readonly #message: IncomingMessage;
  #read: Promise<Buffer> | undefined;

  constructor(message: IncomingMessage) {
    this.#message = message;
  }

  /** The bytes as they came over the wire. */
  bytes(bytesMax: number): Promise<Buffer> {
    this.#read ??= readAll(this.#message, bytesMax);
    return this.#read;
  }

  /** The body as it comes in; once. */
  stream(): Readable {
    return this.#message;
  }

  /** The body with its framing removed, which proves itself as it is read. */
  verified(signature: VerifiedSignature, protocol: string): RequestBody {
    const { headers } = this.#message;
    const proofs = () => bodyProofs(signature, headers, protocol);
    const framed = signature.payload.startsWith("STREAMING-");
    const stream = () => {
      const plain = framed
        ? pass(this.#message, new AwsChunked(signature, oneHeader(headers["x-amz-trailer"])))
        : this.#message;
      const all = proofs();
      return all.length === 0 ? plain : pass(plain, new Proving(all));
    };
    const bytes = async (bytesMax: number) => {
      if (framed) return readAll(stream(), bytesMax);
      const read = await this.bytes(bytesMax);
      for (const proof of proofs()) {
        proof.update(read);
        proof.finish();
      }
      return read;
    };
    return { bytes, stream };
  }
}

interface Proof {
  update(bytes: Uint8Array): void;
  /** Throws when what came is not what was promised. */
  finish(): void;
}

function bodyProofs(
  { payload }: VerifiedSignature,
  headers: IncomingMessage["headers"],
  protocol: string,
): readonly Proof[] {
  const proofs: Proof[] = [];
  if (/^[0-9a-f]{64}$/.test(payload)) {
    const mismatch = refusal(
      protocol,
      "wrong body",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    proofs.push(hashProof(createHash("sha256"), (hash) => hash.digest("hex") === payload, mismatch));
  }
  const md5 = headers["content-md5"];
  if (typeof md5 === "string")
    proofs.push(
      hashProof(
        createHash("md5"),
        (hash) => hash.digest("base64") === md5,
        new Fault("BadDigest", "The Content-MD5 you specified did not match what we received."),
      ),
    );
  for (const [name, value] of Object.entries(headers)) {
    const checksum = name.startsWith("x-amz-checksum-")
      ? createChecksum(name.slice("x-amz-checksum-".length))
      : undefined;
    if (checksum !== undefined) proofs.push(checksumProof(checksum, name, String(value)));
  }
  return proofs;
}

function hashProof(hash: Hash, holds: (hash: Hash) => boolean, mismatch: Fault): Proof {
  return {
    update: (bytes) => void hash.update(bytes),
    finish: () => {
      if (!holds(hash)) throw mismatch;
    },
  };
}

function checksumProof(checksum: Checksum, header: string, promised: string): Proof {
  return {
    update: (bytes) => checksum.update(bytes),
    finish: () => {
      if (checksum.base64() !== promised) throw checksumMismatch(header);
    },
  };
}

/** Passes bytes on, and ends in a Fault instead of an end when a proof fails. */
class Proving extends Transform {
  constructor(proofs: readonly Proof[]) {
    super({
      transform: (bytes: Buffer, _encoding, done) => {
        for (const proof of proofs) proof.update(bytes);
        done(null, bytes);
      },
      flush: (done) => {
        try {
          for (const proof of proofs) proof.finish();
          done();
        } catch (error) {
          done(error as Error); // proofs throw Faults only
        }
      },
    });
  }
}

function pass(from: Readable, to: Transform): Readable {
  from.on("error", (error) => to.destroy(error));
  from.on("close", () => {
    if (!from.readableEnded) to.destroy(new Fault("IncompleteBody", "The request's body ended early"));
  });
  return from.pipe(to);
}

function readAll(stream: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) {
        stream.removeAllListeners("data");
        stream.resume(); // the rest is let go, so that the answer can be read
        reject(
          new Fault("RequestEntityTooLargeException", `The request's body is longer than ${bytesMax} bytes`, {
            status: 413,
          }),
        );
      } else parts.push(part);
    });
    stream.on("end", () => resolve(parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts)));
    stream.on("error", reject);
    stream.on("close", () => reject(new Fault("IncompleteBody", "The request's body ended early")));
  });
}

const oneHeader = (value: string | readonly string[] | undefined) => (typeof value === "string" ? value : value?.[0]);

/** The hash of a body that was read whole. */
export async function hashOf(body: WireBody, bytesMax: number): Promise<string> {
  return sha256Hex(await body.bytes(bytesMax));
}
