import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type CompleteRequest, completeRequestBytesMax, readCompleteRequest } from "./complete-request.ts";
import { signatureVerified } from "./connection-limits.ts";
import { type Exchange, isEncrypted, type OutgoingResponse } from "./exchange.ts";
import { isFieldText } from "../http-head.ts";
import { STATUS_CODES } from "../node-http.ts";

/** How long the rest of a request that has begun may take, in milliseconds, before the connection is handed to Node's server, which has the limits for slow requests. */
const restOfRequestMilliseconds = 1_000;

/** What a connection needs of its server. */
export interface FastPathContext {
  /** Called with each complete request. */
  readonly onRequest: (exchange: Exchange) => void;
  /** Called when a request is of another kind; what was read of it is put back on the socket. */
  readonly onOtherRequest: (socket: Socket) => void;
  readonly firstByteMilliseconds: number;
  /** How long a connection may be idle between requests, and how long its client may leave a response unread, in milliseconds. */
  readonly idleMilliseconds: number;
  /** Called when a connection has ended, or was handed over. */
  readonly onEnd: (connection: FastPathConnection) => void;
}

/** A connection whose requests come complete, one after the other: each costs a fraction of what it costs in Node's server, above all while a poll is held. */
export class FastPathConnection {
  readonly #socket: Socket;
  readonly #context: FastPathContext;
  /** Bytes that have come and belong to no request yet. */
  #bytes: Buffer | undefined;
  #exchange: BufferedExchange | undefined;
  /** Whether the client has to read what was sent before the next request is looked at. */
  #isDraining = false;

  constructor(socket: Socket, context: FastPathContext) {
    this.#socket = socket;
    this.#context = context;
    socket.on("data", this.#onData).on("end", this.close).on("close", this.close).on("error", this.close);
    socket.on("timeout", this.#onTimeout).setTimeout(context.firstByteMilliseconds);
  }

  /** Ends the connection at once. */
  readonly close = (): void => {
    this.#exchange?.abandon();
    this.#socket.destroy();
    this.#context.onEnd(this);
  };

  get isIdle(): boolean {
    return this.#exchange === undefined && this.#bytes === undefined;
  }

  readonly #onData = (bytes: Buffer): void => {
    const isContinued = this.#bytes !== undefined;
    this.#bytes = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > completeRequestBytesMax) this.#socket.pause(); // a client that pipelines must wait
    if (this.#exchange === undefined && !this.#isDraining) this.#readRequest(isContinued);
  };

  #readRequest(isContinued: boolean): void {
    const bytes = this.#bytes ?? Buffer.alloc(0);
    const request = readCompleteRequest(bytes);
    if (request === "other" || (request === "more" && isContinued)) return this.#handOver();
    if (request === "more") return void this.#socket.setTimeout(restOfRequestMilliseconds);
    this.#bytes = bytes.length > request.length ? bytes.subarray(request.length) : undefined;
    const { onRequest, idleMilliseconds } = this.#context;
    if (this.#socket.timeout !== idleMilliseconds) this.#socket.setTimeout(idleMilliseconds);
    this.#exchange = new BufferedExchange(request, this.#socket, idleMilliseconds, () => this.#onResponded());
    onRequest(this.#exchange);
  }

  #onResponded(): void {
    this.#exchange = undefined;
    if (this.#socket.destroyed) return;
    if (this.#socket.writableNeedDrain) this.#drain();
    else if (this.#bytes !== undefined) this.#continue();
  }

  #continue(): void {
    // What is buffered comes first: a client that pipelines would be read faster than answered.
    if (this.#bytes === undefined || this.#bytes.length <= completeRequestBytesMax) this.#socket.resume();
    setImmediate(() => {
      if (this.#exchange === undefined && this.#bytes !== undefined && !this.#socket.destroyed)
        this.#readRequest(false);
    });
  }

  /** A client that does not read its responses gets no more of them, and is not read from. */
  #drain(): void {
    this.#isDraining = true;
    this.#socket.pause();
    this.#socket.once("drain", () => {
      this.#isDraining = false;
      this.#continue();
    });
  }

  #handOver(): void {
    const socket = this.#socket;
    socket.off("data", this.#onData).off("end", this.close).off("close", this.close).off("error", this.close);
    socket.off("timeout", this.#onTimeout).setTimeout(0);
    socket.pause();
    if (this.#bytes !== undefined) socket.unshift(this.#bytes);
    this.#bytes = undefined;
    this.#context.onEnd(this);
    this.#context.onOtherRequest(socket);
    socket.resume();
  }

  readonly #onTimeout = (): void => {
    if (this.#isDraining || (this.#exchange?.isResponding === true && this.#socket.writableNeedDrain)) this.close();
    // A request under way, a held poll, and a response that comes slowly are waited for.
    else if (this.#exchange !== undefined) this.#socket.setTimeout(this.#context.idleMilliseconds);
    else if (this.#bytes === undefined) this.close();
    else this.#handOver();
  };
}

/** A request that came complete. */
class BufferedExchange implements Exchange {
  readonly method = "POST";
  readonly url = "/";
  readonly headers: Exchange["headers"];
  complete: Buffer | undefined;
  readonly #socket: Socket;
  readonly #idleMilliseconds: number;
  readonly #onResponded: () => void;
  #onClientGone: (() => void) | undefined;
  /** Whether its response is being streamed. */
  isResponding = false;

  constructor({ headers, body }: CompleteRequest, socket: Socket, idleMilliseconds: number, onResponded: () => void) {
    this.headers = headers;
    this.complete = body;
    this.#socket = socket;
    this.#idleMilliseconds = idleMilliseconds;
    this.#onResponded = onResponded;
  }

  get remoteAddress() {
    return this.#socket.remoteAddress;
  }

  get localAddress() {
    return this.#socket.localAddress;
  }

  get isEncrypted() {
    return isEncrypted(this.#socket);
  }

  onSignatureVerified(): void {
    this.#socket.emit(signatureVerified);
  }

  signedValues() {
    return this.headers;
  }

  stream(): Readable {
    return Readable.from(this.complete === undefined || this.complete.length === 0 ? [] : [this.complete]);
  }

  onClientGone(callback: () => void): void {
    this.#onClientGone = callback;
  }

  /** The client has gone away. */
  abandon(): void {
    this.#onClientGone?.();
    this.#onClientGone = undefined;
  }

  sendContinue(): void {
    // Its body is there.
  }

  respond({ status, headers, body = "", isLast }: OutgoingResponse): Promise<void> | undefined {
    const socket = this.#socket;
    this.#onClientGone = undefined;
    if (body instanceof Readable) {
      this.isResponding = true;
      socket.write(responseHead(status, headers, "connection: close\r\n"), "latin1");
      return pipeline(body, socket); // its end is the connection's
    }
    const kept = isLast
      ? "connection: close\r\n"
      : `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(this.#idleMilliseconds / 1000)}\r\n`;
    const hasLength = status === 204 || headers["content-length"] !== undefined;
    const length = hasLength ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
    const head = responseHead(status, headers, `${length}${kept}`);
    const text = typeof body === "string" ? head + body : undefined;
    if (text !== undefined && isAscii(text)) socket.write(text, "latin1");
    else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
    if (isLast) socket.end();
    this.#onResponded();
    return undefined;
  }

  limitBodyTime(): void {
    // Its body has ended.
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }
}

/** Returns a response's head, with `lines` at its end. Throws when a header cannot be written. */
function responseHead(status: number, headers: OutgoingResponse["headers"], lines: string): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\ndate: ${dateNow()}\r\n`;
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [String(value)]) {
      if (!isFieldText(one)) throw new TypeError(`The header "${name}" has a character that no header may have`);
      text += `${name}: ${one}\r\n`;
    }
  return `${text}${lines}\r\n`;
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/** The `date` header, computed once a second. */
let date = { second: 0, text: "" };
function dateNow(): string {
  const second = Math.floor(Date.now() / 1000);
  if (date.second !== second) date = { second, text: new Date(second * 1000).toUTCString() };
  return date.text;
}
