import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { proved } from "./connection-limits.ts";
import { type Exchange, isEncrypted, type Outgoing } from "./exchange.ts";
import { STATUS_CODES } from "./node-http.ts";
import { noText, readWhole, type WholeRequest, wholeBytesMax } from "./whole-request.ts";

/** How long the rest of a request may take that has begun to come, in milliseconds, before Node's server waits for it: it has the limits for that. */
const restMilliseconds = 1_000;

/** What becomes of a connection's requests. */
export interface QuickTerms {
  /** Answers a request that came whole. */
  readonly take: (exchange: Exchange) => void;
  /** Goes on with a connection that has a request of another kind; what has been read of it is put back. */
  readonly handOver: (socket: Socket) => void;
  /** How long a connection may say nothing at all, in milliseconds. */
  readonly firstMilliseconds: number;
  /** How long a connection may be idle between requests, and how long its client may read nothing of an answer, in milliseconds. */
  readonly idleMilliseconds: number;
  /** Told when a connection is over, or has been handed over. */
  readonly ended: (connection: QuickConnection) => void;
}

/** A connection whose requests come whole, one after the other: it costs a fraction of what Node's server takes for each, above all while a poll is held. */
export class QuickConnection {
  readonly #socket: Socket;
  readonly #terms: QuickTerms;
  /** What has come and is not yet answered. */
  #bytes: Buffer | undefined;
  #exchange: WholeExchange | undefined;
  /** Whether the client has to read before it is answered anything more. */
  #isDraining = false;

  constructor(socket: Socket, terms: QuickTerms) {
    this.#socket = socket;
    this.#terms = terms;
    socket.on("data", this.#take).on("end", this.close).on("close", this.close).on("error", this.close);
    socket.on("timeout", this.#timeOut).setTimeout(terms.firstMilliseconds);
  }

  /** Ends the connection at once. */
  readonly close = (): void => {
    this.#exchange?.leave();
    this.#socket.destroy();
    this.#terms.ended(this);
  };

  get isIdle(): boolean {
    return this.#exchange === undefined;
  }

  readonly #take = (bytes: Buffer): void => {
    const isContinued = this.#bytes !== undefined;
    this.#bytes = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > wholeBytesMax) this.#socket.pause(); // whoever asks on without waiting must wait
    if (this.#exchange === undefined && !this.#isDraining) this.#read(isContinued);
  };

  #read(isContinued: boolean): void {
    const bytes = this.#bytes ?? Buffer.alloc(0);
    const request = readWhole(bytes);
    if (request === "other" || (request === "more" && isContinued)) return this.#handOver();
    if (request === "more") return void this.#socket.setTimeout(restMilliseconds);
    this.#bytes = bytes.length > request.length ? bytes.subarray(request.length) : undefined;
    const { take, idleMilliseconds } = this.#terms;
    if (this.#socket.timeout !== idleMilliseconds) this.#socket.setTimeout(idleMilliseconds);
    this.#exchange = new WholeExchange(request, this.#socket, idleMilliseconds, () => this.#answered());
    take(this.#exchange);
  }

  #answered(): void {
    this.#exchange = undefined;
    if (this.#socket.destroyed) return;
    if (this.#socket.writableNeedDrain) this.#drain();
    else if (this.#bytes !== undefined) this.#goOn();
  }

  #goOn(): void {
    // What is there already comes first: who asks on without waiting would be read faster than answered.
    if (this.#bytes === undefined || this.#bytes.length <= wholeBytesMax) this.#socket.resume();
    setImmediate(() => {
      if (this.#exchange === undefined && this.#bytes !== undefined && !this.#socket.destroyed) this.#read(false);
    });
  }

  /** A client that does not read its answers gets no more of them, and is heard no more. */
  #drain(): void {
    this.#isDraining = true;
    this.#socket.pause();
    this.#socket.once("drain", () => {
      this.#isDraining = false;
      this.#goOn();
    });
  }

  #handOver(): void {
    const socket = this.#socket;
    socket.off("data", this.#take).off("end", this.close).off("close", this.close).off("error", this.close);
    socket.off("timeout", this.#timeOut).setTimeout(0);
    socket.pause();
    if (this.#bytes !== undefined) socket.unshift(this.#bytes);
    this.#bytes = undefined;
    this.#terms.ended(this);
    this.#terms.handOver(socket);
    socket.resume();
  }

  readonly #timeOut = (): void => {
    if (this.#isDraining || (this.#exchange?.isAnswering === true && this.#socket.writableNeedDrain)) this.close();
    // What is being worked on, held, or comes slowly is waited for on.
    else if (this.#exchange !== undefined) this.#socket.setTimeout(this.#terms.idleMilliseconds);
    else if (this.#bytes === undefined) this.close();
    else this.#handOver();
  };
}

/** A request that came whole. */
class WholeExchange implements Exchange {
  readonly method = "POST";
  readonly url = "/";
  readonly headers: Exchange["headers"];
  whole: Buffer | undefined;
  readonly #socket: Socket;
  readonly #idleMilliseconds: number;
  readonly #answered: () => void;
  #gone: (() => void) | undefined;
  /** Whether its answer is going out piece by piece. */
  isAnswering = false;

  constructor({ headers, body }: WholeRequest, socket: Socket, idleMilliseconds: number, answered: () => void) {
    this.headers = headers;
    this.whole = body;
    this.#socket = socket;
    this.#idleMilliseconds = idleMilliseconds;
    this.#answered = answered;
  }

  get remoteAddress() {
    return this.#socket.remoteAddress;
  }

  get isEncrypted() {
    return isEncrypted(this.#socket);
  }

  proved(): void {
    this.#socket.emit(proved);
  }

  signedValues() {
    return this.headers;
  }

  stream(): Readable {
    return Readable.from(this.whole === undefined || this.whole.length === 0 ? [] : [this.whole]);
  }

  onGone(gone: () => void): void {
    this.#gone = gone;
  }

  leave(): void {
    this.#gone?.();
    this.#gone = undefined;
  }

  proceed(): void {
    // Its body is there.
  }

  answer({ status, headers, body = "", isLast }: Outgoing): Promise<void> | undefined {
    const socket = this.#socket;
    this.#gone = undefined;
    if (body instanceof Readable) {
      this.isAnswering = true;
      socket.write(head(status, headers, "connection: close\r\n"), "latin1");
      return pipeline(body, socket); // its end is the connection's
    }
    const kept = isLast
      ? "connection: close\r\n"
      : `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(this.#idleMilliseconds / 1000)}\r\n`;
    const isMeasured = status === 204 || headers["content-length"] !== undefined;
    const length = isMeasured ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
    const top = head(status, headers, `${length}${kept}`);
    const text = typeof body === "string" ? top + body : undefined;
    if (text !== undefined && isAscii(text)) socket.write(text, "latin1");
    else {
      socket.cork();
      socket.write(top, "latin1");
      socket.write(body);
      socket.uncork();
    }
    if (isLast) socket.end();
    this.#answered();
    return undefined;
  }

  endWithin(): void {
    // It has ended.
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }
}

/** An answer as far as its body, with these lines at the end. Throws when a header cannot be written. */
function head(status: number, headers: Outgoing["headers"], lines: string): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\ndate: ${dateNow()}\r\n`;
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [String(value)]) {
      if (noText.test(one)) throw new TypeError(`The header "${name}" has a character that no header may have`);
      text += `${name}: ${one}\r\n`;
    }
  return `${text}${lines}\r\n`;
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/** The date of answers, made once a second. */
let date = { second: 0, text: "" };
function dateNow(): string {
  const second = Math.floor(Date.now() / 1000);
  if (date.second !== second) date = { second, text: new Date(second * 1000).toUTCString() };
  return date.text;
}
