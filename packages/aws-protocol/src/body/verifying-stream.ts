import { type Readable, Transform, type TransformCallback } from "node:stream";
import { Fault } from "../fault.ts";
import type { IntegrityCheck } from "./integrity-checks.ts";

/** Bytes that must come in the time that a streamed body may pause: a byte now and then is no upload. */
const progressBytes = 16 * 1024;

/** Passes a body on, and ends in a Fault instead of an end when a check fails or too little comes for too long. Opens its source at the first read. */
export class VerifyingStream extends Transform {
  readonly #open: () => Readable;
  readonly #checks: readonly IntegrityCheck[];
  readonly #idleMillisecondsMax: number;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Bytes that have come since the client was last given more time. */
  #bytesSinceProgress = 0;

  constructor(open: () => Readable, checks: readonly IntegrityCheck[], idleMillisecondsMax: number) {
    super();
    this.#open = open;
    this.#checks = checks;
    this.#idleMillisecondsMax = idleMillisecondsMax;
  }

  override _read(size: number): void {
    if (this.#idleTimer === undefined) {
      this.#idleTimer = setTimeout(() => this.destroy(bodyTooSlow()), this.#idleMillisecondsMax);
      pipeBody(this.#open(), this);
    }
    super._read(size);
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytesSinceProgress += bytes.length;
    if (this.#bytesSinceProgress >= progressBytes) {
      this.#bytesSinceProgress = 0;
      this.#idleTimer?.refresh();
    }
    for (const check of this.#checks) check.update(bytes);
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#idleTimer);
    try {
      for (const check of this.#checks) check.finish();
      done();
    } catch (error) {
      done(error as Error); // checks throw Faults only
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idleTimer);
    done(error);
  }
}

/** Pipes a body on, its errors and its early end included. */
export function pipeBody(from: Readable, to: Transform): Readable {
  // The reader learns of the error. A request that was refused has no reader any more, and needs none.
  to.on("error", () => undefined);
  from.on("error", (error) => to.destroy(error));
  from.on("close", () => {
    if (!from.readableEnded) to.destroy(bodyEndedEarly());
  });
  return from.pipe(to);
}

/** The client went away before its body ended. */
export const bodyEndedEarly = (): Fault => new Fault("IncompleteBody", "The request's body ended early");

/** S3's fault for an upload that stalls. */
export const bodyTooSlow = (): Fault =>
  new Fault(
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
  );
