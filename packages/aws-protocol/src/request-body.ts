import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import { AwsChunked, checksumMismatch } from "./aws-chunked.ts";
import { createChecksum, type Checksum } from "./checksum.ts";
import { Fault } from "./fault.ts";
import type { HeldBodies } from "./held-bodies.ts";
import { refusal } from "./refusals.ts";
import type { RequestBody } from "./service.ts";
import { sha256Hex } from "./signature-v4.ts";
import type { VerifiedSignature } from "./verify-signature.ts";

/** How a body may come in. */
export interface BodyTerms {
  /** A body that is held in memory must be there after so many milliseconds; a streamed one must get on in that time. */
  readonly millisecondsMax: number;
  /** Called before the first byte is read: the client may be waiting for leave to send. */
  readonly proceed: () => void;
  /** Where a body is held that is read before its signature is proved. */
  readonly held: HeldBodies;
}

/** Where a body comes from. */
export interface BodySource {
  readonly headers: IncomingHttpHeaders;
  /** The bytes, where they are all there already; given up once they have been read. */
  whole?: Buffer | undefined;
  /** The bytes as they come in. */
  stream(): Readable;
}

/** A body that may have to be read, to be hashed, before its signature could be proved. */
export class WireBody {
  readonly #source: BodySource;
  readonly #terms: BodyTerms;
  #read: Promise<Buffer> | undefined;
  #hash: string | undefined;
  #isProved = false;

  constructor(source: BodySource, terms: BodyTerms) {
    this.#source = source;
    this.#terms = terms;
  }

  /** The bytes as they came over the wire; at once when they are all there. */
  bytes(bytesMax: number): Buffer | Promise<Buffer> {
    const checked = (read: Buffer): Buffer => {
      if (read.length > bytesMax) throw tooLong(bytesMax);
      return read;
    };
    const { whole } = this.#source;
    return whole === undefined ? this.#readOnce(bytesMax).then(checked) : checked(whole);
  }

  #readOnce(bytesMax: number): Promise<Buffer> {
    if (this.#read === undefined) {
      this.#terms.proceed();
      const { millisecondsMax, held } = this.#terms;
      this.#read = readAll(this.#source.stream(), bytesMax, { millisecondsMax, ...(this.#isProved ? {} : { held }) });
    }
    return this.#read;
  }

  /** The hash of the bytes as they came; at once when they are all there. */
  hash(bytesMax: number): string | Promise<string> {
    const hashOf = (read: Buffer) => (this.#hash ??= sha256Hex(read));
    const read = this.bytes(bytesMax);
    return read instanceof Promise ? read.then(hashOf) : hashOf(read);
  }

  /** The body of a caller who does not sign. */
  unproved(): RequestBody {
    const open = () => {
      this.#terms.proceed();
      return this.#source.stream();
    };
    return { bytes: async (bytesMax) => this.bytes(bytesMax), stream: () => new Proving(open, [], this.#terms) };
  }

  /** The body with its framing removed, which proves itself as it is read. */
  verified(signature: VerifiedSignature, protocol: string): RequestBody {
    const { headers } = this.#source;
    this.#isProved = true;
    const proofs = () => bodyProofs(signature, headers, protocol);
    const framed = signature.payload.startsWith("STREAMING-");
    const stream = () => {
      const open = () => {
        this.#terms.proceed();
        return framed ? pass(this.#source.stream(), new AwsChunked(signature, headers)) : this.#source.stream();
      };
      return new Proving(open, proofs(), this.#terms);
    };
    const bytes = async (bytesMax: number) => {
      if (framed) return readAll(stream(), bytesMax, { millisecondsMax: this.#terms.millisecondsMax });
      const read = await this.bytes(bytesMax);
      // A hash that we have made ourselves proves nothing more when it is made again.
      const isProved = this.#hash === signature.payload;
      for (const proof of isProved ? promisedProofs(headers) : proofs()) {
        proof.update(read);
        proof.finish();
      }
      // A request may be under way for long, as a held poll is: its bytes need not be.
      this.#read = undefined;
      this.#source.whole = undefined;
      return read;
    };
    return { bytes, stream };
  }
}

/** Bytes of a streamed body that must come in the time it may pause: one byte now and then is no upload. */
const progressBytes = 16 * 1024;

interface Proof {
  update(bytes: Uint8Array): void;
  /** Throws when what came is not what was promised. */
  finish(): void;
}

function bodyProofs({ payload }: VerifiedSignature, headers: IncomingHttpHeaders, protocol: string): readonly Proof[] {
  if (!/^[0-9a-f]{64}$/.test(payload)) return promisedProofs(headers);
  const mismatch = () =>
    refusal(protocol, "wrong body", "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return [
    hashProof(createHash("sha256"), (hash) => hash.digest("hex") === payload, mismatch),
    ...promisedProofs(headers),
  ];
}

/** What headers promise of a body beside its signature. */
function promisedProofs(headers: IncomingHttpHeaders): readonly Proof[] {
  const proofs: Proof[] = [];
  const md5 = headers["content-md5"];
  if (typeof md5 === "string")
    proofs.push(
      hashProof(
        createHash("md5"),
        (hash) => hash.digest("base64") === md5,
        () => new Fault("BadDigest", "The Content-MD5 you specified did not match what we received."),
      ),
    );
  for (const name of Object.keys(headers)) {
    const checksum = name.startsWith("x-amz-checksum-")
      ? createChecksum(name.slice("x-amz-checksum-".length))
      : undefined;
    if (checksum !== undefined) proofs.push(checksumProof(checksum, name, String(headers[name])));
  }
  return proofs;
}

function hashProof(hash: Hash, holds: (hash: Hash) => boolean, mismatch: () => Fault): Proof {
  return {
    update: (bytes) => void hash.update(bytes),
    finish: () => {
      if (!holds(hash)) throw mismatch();
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

/** Begins with the first read, passes bytes on, and ends in a Fault instead of an end when a proof fails or too little comes for too long. */
class Proving extends Transform {
  readonly #open: () => Readable;
  readonly #proofs: readonly Proof[];
  readonly #millisecondsMax: number;
  #idle: NodeJS.Timeout | undefined;
  /** Bytes that have come since the client was last given more time. */
  #fresh = 0;

  constructor(open: () => Readable, proofs: readonly Proof[], { millisecondsMax }: BodyTerms) {
    super();
    this.#open = open;
    this.#proofs = proofs;
    this.#millisecondsMax = millisecondsMax;
  }

  override _read(size: number): void {
    if (this.#idle === undefined) {
      this.#idle = setTimeout(() => this.destroy(tooSlow()), this.#millisecondsMax);
      pass(this.#open(), this);
    }
    super._read(size);
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#fresh += bytes.length;
    if (this.#fresh >= progressBytes) {
      this.#fresh = 0;
      this.#idle?.refresh();
    }
    for (const proof of this.#proofs) proof.update(bytes);
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#idle);
    try {
      for (const proof of this.#proofs) proof.finish();
      done();
    } catch (error) {
      done(error as Error); // proofs throw Faults only
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    done(error);
  }
}

function pass(from: Readable, to: Transform): Readable {
  // Whoever reads learns of the error. Where nobody reads any more, because the request was refused, nobody needs to.
  to.on("error", () => undefined);
  from.on("error", (error) => to.destroy(error));
  from.on("close", () => {
    if (!from.readableEnded) to.destroy(new Fault("IncompleteBody", "The request's body ended early"));
  });
  return from.pipe(to);
}

function readAll(
  stream: Readable,
  bytesMax: number,
  { millisecondsMax, held }: Pick<BodyTerms, "millisecondsMax"> & Partial<BodyTerms>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const refuse = (fault: Error) => {
      clearTimeout(deadline);
      place?.leave();
      parts.length = 0;
      stream.removeAllListeners("data");
      reject(fault);
    };
    const place = held?.enter(refuse);
    const deadline = setTimeout(() => refuse(tooSlow()), millisecondsMax);
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) refuse(tooLong(bytesMax));
      else {
        parts.push(part);
        place?.add(part.length);
      }
    });
    const endEarly = () => refuse(new Fault("IncompleteBody", "The request's body ended early"));
    stream.on("end", () => {
      clearTimeout(deadline);
      place?.leave();
      stream.off("close", endEarly);
      resolve(parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts));
    });
    stream.on("error", refuse);
    stream.on("close", endEarly);
  });
}

const tooLong = (bytesMax: number) =>
  new Fault("RequestEntityTooLargeException", `The request's body is longer than ${bytesMax} bytes`, { status: 413 });

const tooSlow = () =>
  new Fault(
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
  );
