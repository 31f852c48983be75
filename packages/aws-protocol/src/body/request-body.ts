import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { AwsChunked } from "./aws-chunked.ts";
import { Fault } from "../fault.ts";
import { checksFromHeaders, integrityChecks } from "./integrity-checks.ts";
import type { AccessKey } from "../permission/identity.ts";
import type { RequestBody } from "../service/service.ts";
import { sha256Hex } from "../signature/signature-v4.ts";
import { type HeldBodies, type HeldBody, smallBodyBytes } from "./held-bodies.ts";
import type { UnverifiedBodies } from "./unverified-bodies.ts";
import { bodyEndedEarly, bodyTooSlow, pipeBody, VerifyingStream } from "./verifying-stream.ts";
import type { VerifiedSignature } from "../signature/verify-signature.ts";

/** What a body needs of the front door. */
export interface BodyContext {
  /** A body that is held in memory must be complete after this many milliseconds; a streamed one must make progress in that time. */
  readonly millisecondsMax: number;
  /** Called before the first byte is read: the client may wait for `100 Continue`. */
  readonly sendContinue: () => void;
  /** Counts bodies that are read before their signature is verified. */
  readonly unverifiedBodies: UnverifiedBodies;
  /** Counts bodies that the service is given as a whole. */
  readonly heldBodies: HeldBodies;
}

/** Where a body comes from. */
export interface BodySource {
  readonly headers: IncomingHttpHeaders;
  /** The bytes, when all of them are there already; released once they have been read. */
  complete?: Buffer | undefined;
  /** The bytes as they come in. */
  stream(): Readable;
}

/** A body as it comes over the wire. It may have to be read, to be hashed, before its signature can be verified. */
export class WireBody {
  readonly #source: BodySource;
  readonly #context: BodyContext;
  #read: Promise<Buffer> | undefined;
  #hash: string | undefined;
  #isVerified = false;
  #held: HeldBody | undefined;

  constructor(source: BodySource, context: BodyContext) {
    this.#source = source;
    this.#context = context;
  }

  /** The bytes as they came; synchronously when all of them are there. Throws, or rejects with, a Fault when there are more than `bytesMax`. */
  bytes(bytesMax: number): Buffer | Promise<Buffer> {
    const checked = (bytes: Buffer): Buffer => {
      if (bytes.length > bytesMax) throw bodyTooLong(bytesMax);
      return bytes;
    };
    const { complete } = this.#source;
    return complete === undefined ? this.#readOnce(bytesMax).then(checked) : checked(complete);
  }

  #readOnce(bytesMax: number): Promise<Buffer> {
    if (this.#read === undefined) {
      const { sendContinue, millisecondsMax, unverifiedBodies } = this.#context;
      sendContinue();
      this.#read = readAll(this.#source.stream(), bytesMax, {
        millisecondsMax,
        unverifiedBodies: this.#isVerified ? undefined : unverifiedBodies,
      });
    }
    return this.#read;
  }

  /** The SHA-256 of the bytes as they came, in hex; synchronously when all of them are there. */
  hash(bytesMax: number): string | Promise<string> {
    const hashOf = (bytes: Buffer) => (this.#hash ??= sha256Hex(bytes));
    const bytes = this.bytes(bytesMax);
    return bytes instanceof Promise ? bytes.then(hashOf) : hashOf(bytes);
  }

  /** The body of a caller who does not sign. One who has shown a password has room for it, as one who signs. */
  unsigned(accessKey: AccessKey | undefined): RequestBody {
    const { sendContinue, millisecondsMax } = this.#context;
    this.#isVerified = accessKey !== undefined;
    const open = () => {
      sendContinue();
      return this.#source.stream();
    };
    return {
      bytes: async (bytesMax) => {
        const read = await this.bytes(bytesMax);
        if (read.length > smallBodyBytes) await this.#hold("anonymous", read.length, 0);
        return read;
      },
      stream: () => new VerifyingStream(open, [], millisecondsMax),
    };
  }

  /** The body without its aws-chunked framing, checked as it is read. */
  verified(signature: VerifiedSignature, protocol: string): RequestBody {
    const { headers } = this.#source;
    const { sendContinue, millisecondsMax } = this.#context;
    this.#isVerified = true;
    const checks = () => integrityChecks(signature, headers, protocol);
    const isFramed = signature.payload.startsWith("STREAMING-");
    const stream = () => {
      const open = () => {
        sendContinue();
        const source = this.#source.stream();
        return isFramed ? pipeBody(source, new AwsChunked(signature, headers)) : source;
      };
      return new VerifyingStream(open, checks(), millisecondsMax);
    };
    const caller = signature.accessKey.principal.arn;
    const bytes = async (bytesMax: number) => {
      const there = this.#source.complete ?? (this.#read && (await this.#read));
      // What is there already cannot wait for room.
      const [length, patience] =
        there === undefined ? [this.#declaredLength(bytesMax), millisecondsMax] : [there.length, 0];
      if (length > smallBodyBytes) await this.#hold(caller, length, patience);
      if (isFramed) return readAll(stream(), bytesMax, { millisecondsMax });
      const read = await this.bytes(bytesMax);
      // The hash was computed here to verify the signature: computing it again would check nothing.
      const isHashChecked = this.#hash === signature.payload;
      for (const check of isHashChecked ? checksFromHeaders(headers) : checks()) {
        check.update(read);
        check.finish();
      }
      // A request may take long, as a held poll does: its bytes are released meanwhile.
      this.#read = undefined;
      this.#source.complete = undefined;
      return read;
    };
    return { bytes, stream };
  }

  /** The request has been answered: nobody holds its body any more. */
  release(): void {
    this.#held?.release();
  }

  async #hold(caller: string, bytes: number, millisecondsMax: number): Promise<void> {
    this.#held ??= await this.#context.heldBodies.enter(caller, bytes, millisecondsMax);
  }

  /** How many bytes may come. */
  #declaredLength(bytesMax: number): number {
    const declared = this.#source.headers["content-length"];
    return Math.min(declared === undefined ? bytesMax : Number(declared), bytesMax);
  }
}

interface ReadLimits {
  readonly millisecondsMax: number;
  readonly unverifiedBodies?: UnverifiedBodies | undefined;
}

function readAll(
  stream: Readable,
  bytesMax: number,
  { millisecondsMax, unverifiedBodies }: ReadLimits,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const refuse = (fault: Error) => {
      clearTimeout(deadline);
      counted?.remove();
      parts.length = 0;
      stream.removeAllListeners("data");
      reject(fault);
    };
    const counted = unverifiedBodies?.add(refuse);
    const deadline = setTimeout(() => refuse(bodyTooSlow()), millisecondsMax);
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) refuse(bodyTooLong(bytesMax));
      else {
        parts.push(part);
        counted?.grow(part.length);
      }
    });
    const endEarly = () => refuse(bodyEndedEarly());
    stream.on("end", () => {
      clearTimeout(deadline);
      counted?.remove();
      stream.off("close", endEarly);
      resolve(parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts));
    });
    stream.on("error", refuse);
    stream.on("close", endEarly);
  });
}

const bodyTooLong = (bytesMax: number) =>
  new Fault("RequestEntityTooLargeException", `The request's body is longer than ${bytesMax} bytes`, { status: 413 });
