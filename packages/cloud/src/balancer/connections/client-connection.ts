import type { Socket } from "node:net";
import { BodyReader, type BodySink } from "../http/body-reader.ts";
import { errorResponse } from "../http/local-responses.ts";
import { BadMessage, type ErrorStatus, headEnd } from "../http/message-head.ts";
import { parseRequestHead, type RequestHead } from "../http/request-head.ts";
import { ResponseWriter } from "../http/response-writer.ts";
import { type ClientState, idle, type InFlightRequest, isReadingBody, type Serving } from "./client-state.ts";

/** AWS's limit of a request's head, in bytes. */
const headBytesMax = 64 * 1024;

/** How long a client may take to send a head that it has begun, in milliseconds. */
const headMilliseconds = 60_000;

/** How long the last response is given to reach a client that still sends, in milliseconds. */
const lingerMilliseconds = 2_000;

/** Serves the requests of its connections. */
export interface RequestHandler {
  readonly idleMilliseconds: number;
  /** Serves a request. Returns undefined when it has already been responded to. */
  serve(client: ClientConnection, head: RequestHead): InFlightRequest | undefined;
  /** The connection has ended, or its socket was given away. */
  forget(client: ClientConnection): void;
}

/** A client's connection: requests are read off it one by one, and each is responded to before the next is looked at. */
export class ClientConnection implements BodySink {
  readonly address: string;
  readonly #socket: Socket;
  readonly #handler: RequestHandler;
  #state: ClientState = idle;
  /** Bytes that have come and have not been read. */
  #unread: Buffer | undefined;
  /** Whether the connection ends after the response that is due. */
  #closesAfter = false;
  /** Whether the client has ended its side. It may still wait for a response. */
  #hasEnded = false;
  /** Whether a request was taken in this turn of the event loop: then it is the other connections' turn. */
  #hadTurn = false;
  /** Keeps `#advance` from being entered from within itself. */
  #isAdvancing = false;
  /** Of a head that has begun, or of the end that has. */
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, handler: RequestHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    socket.setTimeout(handler.idleMilliseconds);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    socket.on("timeout", () => this.#onTimeout());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#onClose());
    socket.resume();
  }

  /** Reads no more of the request's body until `release`. */
  hold(): void {
    if (this.#state.phase === "serving") this.#state.isHeld = true;
    this.#socket.pause();
  }

  release(): void {
    if (this.#state.phase !== "serving" || !this.#state.isHeld) return;
    this.#state.isHeld = false;
    this.#advance();
  }

  /** Has the client send the body that it asked leave for. */
  sayContinue(): void {
    if (this.#state.phase !== "serving" || !this.#state.awaitsContinue) return;
    this.#state.awaitsContinue = false;
    this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  /**
   * Begins the response. `head` has all lines but those about the connection and the transfer coding; a body whose
   * length it does not say is sent in chunks, or up to the end of the connection where the client speaks HTTP/1.0.
   */
  beginResponse(head: string, { saysLength }: { readonly saysLength: boolean }): void {
    const state = this.#state;
    if (state.phase !== "serving") return;
    if (state.awaitsContinue) this.#closesAfter = true; // nobody knows whether the body comes
    const isChunked = !saysLength && !state.head.isOld;
    if (!saysLength && !isChunked) this.#closesAfter = true;
    state.response = new ResponseWriter(this.#socket, head, { isChunked, closes: this.#closesAfter });
  }

  /** Writes a piece of the response's body. Returns false where the next one must wait for `clientReady`. */
  writePiece(bytes: Buffer): boolean {
    return this.#response?.write(bytes) ?? true;
  }

  /** Sends what was held back to go out with more. */
  flush(): void {
    this.#response?.flush();
  }

  /** Ends the response. */
  finishResponse(): void {
    const state = this.#state;
    if (state.phase !== "serving") return;
    state.response?.finish();
    if (this.#closesAfter) this.#close();
    else this.#state = state.body?.isComplete === false ? { phase: "draining", body: state.body } : idle;
    this.#advance();
  }

  /** Responds with a whole response; `head` as in `beginResponse`. */
  respond(head: string, body: string): void {
    this.beginResponse(head, { saysLength: true });
    if (this.#state.phase === "serving" && this.#state.head.method !== "HEAD" && body !== "")
      this.writePiece(Buffer.from(body));
    this.finishResponse();
  }

  /** Breaks the connection, because the response cannot be ended as it was begun. */
  abort(): void {
    this.#socket.destroy();
  }

  /** Ends it once no request is under way. */
  closeWhenIdle(): void {
    this.#closesAfter = true;
    if (this.#state.phase === "idle" && this.#unread === undefined) this.#close();
  }

  /** Gives up the socket, and returns it with the bytes that were read beyond the request. */
  detach(): { readonly socket: Socket; readonly unread: Buffer | undefined } {
    this.#handler.forget(this);
    this.#state = { phase: "closed" };
    for (const event of ["data", "end", "drain", "timeout", "error", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.setTimeout(0);
    return { socket: this.#socket, unread: this.#unread };
  }

  takePiece(bytes: Buffer): void {
    this.#request?.bodyPiece(bytes);
  }

  get #request(): InFlightRequest | undefined {
    return this.#state.phase === "serving" ? this.#state.request : undefined;
  }

  get #response(): ResponseWriter | undefined {
    return this.#state.phase === "serving" ? this.#state.response : undefined;
  }

  get #isClosing(): boolean {
    return this.#state.phase === "closing" || this.#state.phase === "closed";
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosing) return;
    this.#unread = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#advance();
  }

  /** Goes on as far as it can with what has come; the rest stays, and what follows it stays in the socket. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#unread !== undefined && this.#step(this.#unread));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#refuse(error.status);
    } finally {
      this.#isAdvancing = false;
    }
    if (this.#isClosing) return;
    const waitsForTurn = this.#hadTurn && this.#unread !== undefined;
    if (this.#hasEnded && !waitsForTurn && this.#endIfDone()) return;
    const isBusy = this.#state.phase !== "idle" || waitsForTurn || this.#socket.writableNeedDrain;
    const isHeld = this.#state.phase === "serving" && this.#state.isHeld;
    const mustWait = isHeld || (isBusy && this.#unread !== undefined);
    if (mustWait !== this.#socket.isPaused()) this.#socket[mustWait ? "pause" : "resume"]();
  }

  /** Ends it when nothing is left to be done for a client that says no more: half a request is none. Returns whether it has. */
  #endIfDone(): boolean {
    const state = this.#state;
    if (state.phase === "idle" && !this.#socket.writableNeedDrain) this.#close();
    else if (isReadingBody(state) && this.#unread === undefined) this.#socket.destroy();
    else return false;
    return true;
  }

  /** Takes what it can of the bytes that have come. Returns whether there was anything to be done. */
  #step(unread: Buffer): boolean {
    const state = this.#state;
    // A client that does not read its responses gets no more of them.
    if (state.phase === "idle") return !this.#hadTurn && !this.#socket.writableNeedDrain && this.#readHead(unread);
    if (!isReadingBody(state) || (state.phase === "serving" && state.isHeld)) return false;
    this.#keep(unread, state.body.read(unread, 0, this));
    if (!state.body.isComplete) return true;
    if (state.phase === "serving") state.request?.bodyEnded();
    else if (this.#closesAfter) this.#close();
    else this.#state = idle;
    return true;
  }

  #readHead(unread: Buffer): boolean {
    let from = 0;
    while (unread[from] === 0x0d && unread[from + 1] === 0x0a) from += 2; // empty lines before a request are passed over
    const end = unread.indexOf(headEnd, from);
    if ((end === -1 ? unread.length : end) - from > headBytesMax) throw new BadMessage("The head is too long");
    if (end === -1) {
      this.#deadline ??= setTimeout(() => this.#refuse(408), headMilliseconds);
      return false;
    }
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#hadTurn = true;
    setImmediate(() => {
      this.#hadTurn = false;
      this.#advance();
    });
    const head = parseRequestHead(unread.toString("latin1", from, end + 2));
    this.#keep(unread, end + headEnd.length);
    this.#serve(head);
    return true;
  }

  #serve(head: RequestHead): void {
    const body = (head.length ?? 0) === 0 ? undefined : new BodyReader(head.length ?? 0);
    const awaitsContinue = head.expectsContinue && body !== undefined;
    this.#closesAfter ||= !head.keepsConnection;
    const state: Serving = {
      phase: "serving",
      head,
      body,
      request: undefined,
      response: undefined,
      isHeld: false,
      awaitsContinue,
    };
    this.#state = state;
    state.request = this.#handler.serve(this, head);
  }

  #keep(unread: Buffer, from: number): void {
    this.#unread = from === unread.length ? undefined : unread.subarray(from);
  }

  /** Responds with an error and closes. Once a response has begun, breaking it off is the only way to show the error. */
  #refuse(status: ErrorStatus): void {
    const state = this.#state;
    this.#request?.clientGone();
    if (state.phase === "draining" || this.#response !== undefined) return void this.#socket.destroy();
    const { head, body } = errorResponse(status);
    const response = new ResponseWriter(this.#socket, head, { isChunked: false, closes: true });
    if (state.phase !== "serving" || state.head.method !== "HEAD") response.write(Buffer.from(body));
    response.finish();
    this.#close();
  }

  #close(): void {
    if (this.#isClosing) return;
    this.#state = { phase: "closing" };
    this.#unread = undefined;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#socket.destroy(), lingerMilliseconds);
    this.#socket.end();
    this.#socket.resume();
  }

  #onEnd(): void {
    this.#hasEnded = true;
    this.#advance();
  }

  #onDrain(): void {
    this.#request?.clientReady();
    this.#advance();
  }

  #onTimeout(): void {
    const state = this.#state;
    if (state.phase === "idle") return this.#unread === undefined ? this.#close() : this.#refuse(408);
    // Otherwise it is the target's turn, and the silence of the target ends it.
    if (isReadingBody(state) && !(state.phase === "serving" && state.isHeld)) this.#refuse(408);
  }

  #onClose(): void {
    const request = this.#request;
    this.#state = { phase: "closed" };
    clearTimeout(this.#deadline);
    this.#handler.forget(this);
    request?.clientGone();
  }
}
