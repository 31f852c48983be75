import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { signatureVerified } from "./connection-limits.ts";
import { type Exchange, isEncrypted, type OutgoingResponse } from "./exchange.ts";

/** Longest body that is still read, and discarded, after its request was refused, in bytes. */
const leftoverBytesMax = 64 * 1024 * 1024;

/** How long that may take, in milliseconds. */
const leftoverMilliseconds = 60_000;

/** How long a client may leave its response unread, in milliseconds. */
const unreadMilliseconds = 60_000;

/** A request that Node's own server has read. */
export class NodeExchange implements Exchange {
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.#message = message;
    this.#response = response;
  }

  get method(): string {
    return this.#message.method ?? "GET";
  }

  get url(): string {
    return this.#message.url ?? "/";
  }

  get headers() {
    return this.#message.headers;
  }

  get remoteAddress() {
    return this.#message.socket.remoteAddress;
  }

  get localAddress() {
    return this.#message.socket.localAddress;
  }

  get isEncrypted() {
    return isEncrypted(this.#message.socket);
  }

  onSignatureVerified(): void {
    this.#message.socket.emit(signatureVerified);
  }

  /** Node joins repeated headers, or drops them. */
  signedValues() {
    const { headers, rawHeaders, headersDistinct } = this.#message;
    if (rawHeaders.length === 2 * Object.keys(headers).length) return headers;
    return {
      ...headers,
      ...Object.fromEntries(Object.entries(headersDistinct).filter(([, values = []]) => values.length > 1)),
    };
  }

  stream(): Readable {
    return this.#message;
  }

  onClientGone(gone: () => void): void {
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) gone();
    });
  }

  /** Not sent before the body is needed: a refusal spares the client the sending. */
  sendContinue(): void {
    if (this.#expectsLeave) this.#response.writeContinue();
  }

  async respond({ status, headers, body, isLast }: OutgoingResponse): Promise<void> {
    const [message, response] = [this.#message, this.#response];
    const leftover = this.#willDrain && !isLast ? {} : { connection: "close" };
    const isHead = this.method === "HEAD";
    const { socket } = message;
    // A client that has read everything so far waits for us, not we for it. The next request sets the timeout anew.
    response.setTimeout(unreadMilliseconds, () =>
      socket.writableNeedDrain ? socket.destroy() : socket.setTimeout(unreadMilliseconds),
    );
    if (body instanceof Readable && !isHead) {
      response.writeHead(status, { ...headers, ...leftover });
      await pipeline(body, response);
    } else {
      const text = body instanceof Readable ? "" : (body ?? "");
      const length = isHead || status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(text) };
      response.writeHead(status, { ...length, ...headers, ...leftover });
      response.end(isHead ? undefined : text);
      if (body instanceof Readable) body.destroy();
    }
    if (message.complete || message.destroyed) return;
    message.unpipe().resume(); // the rest is discarded: some clients read no response before they have sent everything
    this.limitBodyTime(leftoverMilliseconds);
  }

  limitBodyTime(milliseconds: number): void {
    const [message, response] = [this.#message, this.#response];
    const { socket } = message;
    const over = setTimeout(() => {
      if (message.complete) return;
      if (!response.headersSent) response.writeHead(408, { connection: "close", "content-length": 0 }).end();
      setImmediate(() => socket.destroy());
    }, milliseconds);
    const clear = () => {
      clearTimeout(over);
      socket.off("close", clear); // the socket may live for many requests
    };
    message.once("end", clear).once("close", clear);
    socket.once("close", clear);
  }

  destroy(error?: Error): void {
    this.#response.destroy(error);
  }

  get #expectsLeave(): boolean {
    return this.#message.headers.expect?.toLowerCase() === "100-continue";
  }

  /** Whether the rest of the body is small enough to be discarded, so that the connection can be kept. */
  get #willDrain(): boolean {
    if (this.#message.complete) return true;
    const length = Number(this.#message.headers["content-length"] ?? Number.NaN);
    return length <= leftoverBytesMax && !this.#expectsLeave;
  }
}
