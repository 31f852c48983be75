import { connect, type Socket } from "node:net";
import { type ResponseHead, parseResponseHead } from "../http/response-head.ts";
import { BodyReader, type BodySink } from "../http/body-reader.ts";
import { BadMessage, headEnd } from "../http/message-head.ts";

/** AWS's limit on a response's head, in bytes. */
const headBytesMax = 32 * 1024;

/** How long a target may take to accept a connection, in milliseconds: AWS's limit. */
const connectMilliseconds = 10_000;

/** Why there is no response, or only a part of one. */
export interface Failure {
  readonly why: "refused" | "silent" | "broken";
  /** Whether the connection was reused and the target said nothing: it may have died while idle, and the target has seen nothing of the request. */
  readonly mayBeStale: boolean;
}

/** Receives a target's response. */
export interface ResponseSink {
  /** A new connection is established. */
  connected(): void;
  /** The target takes more of the request. */
  targetReady(): void;
  responseBegan(head: ResponseHead): void;
  responsePiece(bytes: Buffer): void;
  /** Everything that has come so far was passed on. */
  responsePaused(): void;
  responseEnded(): void;
  /** The target switches protocols. `unread` are the bytes after its head. */
  switched(head: ResponseHead, socket: Socket, unread: Buffer | undefined): void;
  failed(failure: Failure): void;
}

/** Where a connection comes from and returns to: a target, as its connections know it. */
export interface ConnectionOwner {
  readonly host: string;
  readonly port: number;
  /** Takes back a connection that has carried its request. */
  keep(connection: TargetConnection): void;
  /** A connection has ended. */
  forget(connection: TargetConnection): void;
}

/** A request to a target. */
interface TargetRequest {
  readonly method: string;
  /** The whole head. */
  readonly text: string;
  readonly idleMilliseconds: number;
  /** Whether the connection may be kept for other requests. */
  readonly isKept: boolean;
  readonly isUpgrade: boolean;
}

/** A connection to a target, which carries one request at a time. */
export class TargetConnection implements BodySink {
  /** Since when it has been idle, by the monotonic clock. */
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  #isReused = false;
  /** Whether anything has come from the target since the request was sent. */
  #hasResponded = false;
  #isConnected = false;
  #idleMilliseconds = 0;
  #sink: ResponseSink | undefined;
  #request: TargetRequest | undefined;
  #unread: Buffer | undefined;
  #head: ResponseHead | undefined;
  #body: BodyReader | undefined;
  #failure: Failure["why"] = "broken";

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    const { host, port } = owner;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    socket.setTimeout(connectMilliseconds);
    socket.once("connect", () => this.#connected());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("drain", () => this.#sink?.targetReady());
    socket.on("end", () => this.#ended());
    socket.on("timeout", () => this.#timedOut());
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
      if (code === "ETIMEDOUT") this.#failure = "silent";
      if (["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"].includes(code)) this.#failure = "refused";
    });
    socket.on("close", () => this.#fail());
  }

  /** Sends a request; its body, if any, is written afterwards. */
  send(sink: ResponseSink, request: TargetRequest): void {
    this.#sink = sink;
    this.#request = request;
    this.#head = undefined;
    this.#hasResponded = false;
    if (this.#isConnected) this.#setIdleTimeout(request.idleMilliseconds);
    this.#socket.write(request.text, "latin1");
  }

  /** Sends a piece of the request's body. False: wait until the target is ready. */
  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  /** Sends a piece as a chunk of its own; an empty one is the last. */
  writeChunk(bytes: Buffer): boolean {
    this.#socket.cork();
    this.#socket.write(`${bytes.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(bytes);
    const isReady = this.#socket.write("\r\n", "latin1");
    this.#socket.uncork();
    return isReady;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes it without a word to the sink. */
  destroy(): void {
    this.#sink = undefined;
    this.#socket.destroy();
  }

  takePiece(bytes: Buffer): void {
    this.#sink?.responsePiece(bytes);
  }

  #connected(): void {
    this.#isConnected = true;
    this.#setIdleTimeout(this.#request?.idleMilliseconds ?? connectMilliseconds);
    this.#sink?.connected();
  }

  #setIdleTimeout(milliseconds: number): void {
    if (this.#idleMilliseconds === milliseconds) return;
    this.#idleMilliseconds = milliseconds;
    this.#socket.setTimeout(milliseconds);
  }

  #take(chunk: Buffer): void {
    if (this.#sink === undefined) return void this.#socket.destroy(); // no request is under way
    this.#hasResponded = true;
    try {
      this.#read(this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#fail();
    }
  }

  #read(bytes: Buffer): void {
    this.#unread = undefined;
    let at = 0;
    while (this.#head === undefined) {
      const end = bytes.indexOf(headEnd, at);
      if ((end === -1 ? bytes.length : end) - at > headBytesMax) throw new BadMessage("The head is too long", 502);
      if (end === -1) return void (this.#unread = bytes.subarray(at));
      const head = parseResponseHead(bytes.toString("latin1", at, end + 2), this.#request?.method ?? "");
      at = end + headEnd.length;
      if (head.status === 101) return this.#switch(head, bytes.subarray(at));
      if (head.status < 200) continue; // such as 103: only the final response goes to the client
      this.#head = head;
      this.#body = new BodyReader(head.length);
      this.#sink?.responseBegan(head);
    }
    at = this.#body?.read(bytes, at, this) ?? at;
    if (this.#body?.isComplete === true) this.#finish(at < bytes.length);
    else this.#sink?.responsePaused();
  }

  /** A connection on which more comes than was asked for cannot be trusted any further. */
  #finish(isMoreThere: boolean): void {
    const sink = this.#sink;
    this.#sink = undefined;
    const isKept = !isMoreThere && this.#request?.isKept === true && this.#head?.keepsConnection === true;
    if (isKept) {
      this.#isReused = true;
      if (this.#socket.isPaused()) this.#socket.resume(); // the client of this response was slow, the next one may not be
      this.#owner.keep(this);
    } else this.#socket.destroy();
    sink?.responseEnded();
  }

  #switch(head: ResponseHead, unread: Buffer): void {
    if (this.#request?.isUpgrade !== true)
      throw new BadMessage("The target switches protocols without being asked to", 502);
    const sink = this.#sink;
    this.#sink = undefined;
    for (const event of ["data", "drain", "end", "timeout", "error", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.setTimeout(0);
    sink?.switched(head, this.#socket, unread.length === 0 ? undefined : unread);
  }

  #ended(): void {
    if (this.#body?.endsWithConnection === true && this.#head !== undefined && this.#sink !== undefined)
      this.#finish(false);
    else this.#fail();
  }

  #timedOut(): void {
    this.#failure = "silent";
    this.#fail();
  }

  #fail(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#socket.destroy();
    this.#owner.forget(this);
    sink?.failed({ why: this.#failure, mayBeStale: this.#isReused && !this.#hasResponded });
  }
}
