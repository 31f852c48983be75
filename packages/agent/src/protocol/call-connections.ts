import { connect, type Socket } from "node:net";
import { timedOut } from "./request-errors.ts";
import { readCompleteResponse, type CompleteResponse } from "./complete-response.ts";

// A call to the control plane is one small request and one small response, and each event of a deployment waits for three of
// them. Node's HTTP client takes longer for a call than the way there and back.

/** One call. */
export interface HttpCall {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
  readonly signal?: AbortSignal | undefined;
  /** The longest accepted response, in bytes. */
  readonly bytesMax: number;
}

/** Timeouts, in milliseconds. */
export interface CallLimits {
  readonly readTimeoutMilliseconds: number;
  readonly idleMilliseconds: number;
}

/** The server has closed a connection while it was idle: it has not read the call, which can be sent again. */
export class StaleConnection extends Error {}

/** Connections to services by plain HTTP, kept open for the next call. */
export class CallConnections {
  readonly #limits: CallLimits;
  readonly #idle = new Map<string, CallConnection[]>();
  readonly #open = new Set<CallConnection>();

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Sends a call by POST. Resolves with the response. */
  async post(call: HttpCall): Promise<CompleteResponse> {
    const { host } = call.url;
    const idle = this.#idle.get(host) ?? [];
    this.#idle.set(host, idle);
    const connection = idle.pop() ?? this.#connect(call.url, idle);
    const response = await connection.send(call);
    if (response.isKept) idle.push(connection);
    return response;
  }

  /** Closes all connections. */
  close(): void {
    for (const connection of this.#open) connection.close();
  }

  #connect(url: URL, idle: CallConnection[]): CallConnection {
    const connection = new CallConnection(url, this.#limits, () => {
      this.#open.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    });
    this.#open.add(connection);
    return connection;
  }
}

interface PendingCall {
  readonly resolve: (response: CompleteResponse) => void;
  readonly reject: (error: Error) => void;
  readonly call: HttpCall;
  readonly abort: () => void;
}

/** The longest head of a response, in bytes. */
const headBytesMax = 64 * 1024;

/** The allowed characters in a request's head: ASCII without control characters. */
const headText = /^[\t\x20-\x7e]*$/;

class CallConnection {
  readonly #socket: Socket;
  readonly #limits: CallLimits;
  /** Called at once, so that the next call does not use it. */
  readonly #onClose: () => void;
  #pending: PendingCall | undefined;
  #bytes: Buffer | undefined;
  #isReused = false;

  constructor({ hostname, port }: URL, limits: CallLimits, closed: () => void) {
    this.#limits = limits;
    const host = hostname.replace(/^\[|\]$/g, "");
    this.#socket = connect({ host, port: port === "" ? 80 : Number(port), noDelay: true, keepAlive: true })
      .on("data", (bytes: Buffer) => this.#onData(bytes))
      .on("end", () => this.#end())
      .on("timeout", () => this.#timeOut())
      .on("error", (error: NodeJS.ErrnoException) => this.#fail(error))
      .on("close", () => this.#fail(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })));
    this.#onClose = closed;
  }

  send(call: HttpCall): Promise<CompleteResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = call;
      const head = headOf(call);
      const leave = () => this.#fail(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
      this.#pending = { resolve, reject, call, abort: leave };
      if (signal?.aborted === true) return leave();
      signal?.addEventListener("abort", leave);
      this.#socket.ref();
      this.#socket.setTimeout(this.#limits.readTimeoutMilliseconds);
      this.#socket.write(head + call.body);
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#onClose();
  }

  #onData(bytes: Buffer): void {
    if (this.#pending === undefined) return this.close(); // there is no call
    this.#bytes = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > this.#pending.call.bytesMax + headBytesMax) this.#fail(tooLong(this.#pending.call));
    else this.#read(false);
  }

  #end(): void {
    if (this.#bytes !== undefined) this.#read(true);
    this.close();
  }

  #read(isClosed: boolean): void {
    let response: CompleteResponse | undefined;
    try {
      response = readCompleteResponse(this.#bytes ?? Buffer.alloc(0), isClosed);
    } catch (error) {
      return this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    const asked = this.#pending;
    if (response === undefined || asked === undefined) return;
    if (response.body.length > asked.call.bytesMax) return this.#fail(tooLong(asked.call));
    this.#forget();
    if (response.isKept) {
      this.#isReused = true;
      this.#socket.setTimeout(this.#limits.idleMilliseconds).unref();
    } else this.close();
    asked.resolve(response);
  }

  #timeOut(): void {
    if (this.#pending === undefined) return this.close();
    this.#fail(timedOut(this.#limits.readTimeoutMilliseconds));
  }

  #fail(cause: NodeJS.ErrnoException): void {
    const asked = this.#pending;
    const isStale =
      this.#isReused && this.#bytes === undefined && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
    this.#forget();
    this.close();
    if (asked === undefined) return;
    const message = `Cannot reach ${asked.call.url.origin}: ${cause.message}`;
    asked.reject(isStale ? new StaleConnection(message, { cause }) : new Error(message, { cause }));
  }

  #forget(): void {
    this.#pending?.call.signal?.removeEventListener("abort", this.#pending.abort);
    this.#pending = undefined;
    this.#bytes = undefined;
  }
}

const tooLong = ({ bytesMax }: HttpCall) => new Error(`the answer is longer than ${bytesMax} bytes`);

function headOf({ url, headers, body }: HttpCall): string {
  const fields = { ...headers, "content-length": Buffer.byteLength(body), connection: "keep-alive" };
  let head = `POST ${url.pathname}${url.search} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(fields)) {
    if (!headText.test(String(value)))
      throw new Error(`Cannot send the header ${name}: it has characters that are not ASCII's text`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
