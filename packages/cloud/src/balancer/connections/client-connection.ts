import type { Socket } from "node:net";
import { AnswerWriter } from "../http/answer-writer.ts";
import { BodyReader, type BodySink } from "../http/body-reader.ts";
import { BadMessage, headEnd, type TroubleStatus } from "../http/message-head.ts";
import { pageOf } from "../http/local-responses.ts";
import { parseRequestHead, type RequestHead } from "../http/request-head.ts";

/** AWS's limit of a request's head, in bytes. */
const headBytesMax = 64 * 1024;

/** How long a client may take to send a head that it has begun, in milliseconds. */
const headMilliseconds = 60_000;

/** How long the last answer is given to reach a client that still talks, in milliseconds. */
const lingerMilliseconds = 2_000;

/** What is done about one request. It answers by way of the connection. */
export interface Serving {
  bodyPiece(bytes: Buffer): void;
  bodyEnded(): void;
  /** More of the answer may be written. */
  clientReady(): void;
  /** Nobody waits for the answer any more. */
  clientGone(): void;
}

/** What a connection belongs to. */
export interface Front {
  readonly idleMilliseconds: number;
  /** Serves a request; undefined when it has been answered. */
  serve(client: ClientConnection, head: RequestHead): Serving | undefined;
  forget(client: ClientConnection): void;
}

/** A client's connection: requests are read off it one by one, and each is answered before the next is looked at. */
export class ClientConnection implements BodySink {
  readonly address: string;
  readonly #socket: Socket;
  readonly #front: Front;
  /** What has come and has not been taken. */
  #rest: Buffer | undefined;
  #head: RequestHead | undefined;
  #body: BodyReader | undefined;
  #serving: Serving | undefined;
  #isAdvancing = false;
  #isHeld = false;
  /** Whether a request of it has been taken in this turn of the event loop: others are to have theirs. */
  #hadTurn = false;
  #isAnswered = false;
  #hasEnded = false;
  #isClosing = false;
  #closesAfter = false;
  #awaitsContinue = false;
  /** The answer that is on its way. */
  #writer: AnswerWriter | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(socket: Socket, front: Front) {
    this.#socket = socket;
    this.#front = front;
    this.address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    socket.setTimeout(front.idleMilliseconds);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#ended());
    socket.on("drain", () => this.#drained());
    socket.on("timeout", () => this.#timedOut());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#gone());
    socket.resume();
  }

  /** Takes no more of the request's body until it is released. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#advance();
  }

  /** Has the client send the body that it asked leave for. */
  sayContinue(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  /** Begins an answer. The head has all lines but those about the connection; where it does not say how long the body is, that is settled here. */
  begin(head: string, { saysLength }: { readonly saysLength: boolean }): void {
    if (this.#awaitsContinue) this.#closesAfter = true; // the body may come or not
    const isChunked = !saysLength && this.#head?.isOld === false;
    if (!saysLength && !isChunked) this.#closesAfter = true;
    this.#writer = new AnswerWriter(this.#socket, head, { isChunked, closes: this.#closesAfter });
  }

  /** Sends a piece of the answer's body. False: wait until the client is ready. */
  piece(bytes: Buffer): boolean {
    return this.#writer?.piece(bytes) ?? true;
  }

  /** Sends what has been waiting for more. */
  flush(): void {
    this.#writer?.flush();
  }

  /** Ends the answer. */
  finish(): void {
    this.#writer?.finish();
    this.#writer = undefined;
    this.#isAnswered = true;
    this.#serving = undefined;
    this.#isHeld = false;
    this.#settle();
    this.#advance();
  }

  /** Answers all at once; the head has all lines but those about the connection. */
  answer(head: string, body: string): void {
    this.begin(head, { saysLength: true });
    if (this.#head?.method !== "HEAD" && body !== "") this.piece(Buffer.from(body));
    this.finish();
  }

  /** Lets go of an answer that cannot be ended as it was begun. */
  breakOff(): void {
    this.#socket.destroy();
  }

  /** Ends it once no request is under way. */
  closeWhenIdle(): void {
    this.#closesAfter = true;
    if (this.#head === undefined && this.#rest === undefined) this.#close();
  }

  /** Gives the socket away, with what has been read ahead. */
  detach(): { readonly socket: Socket; readonly ahead: Buffer | undefined } {
    this.#front.forget(this);
    this.#serving = undefined;
    this.#isClosing = true;
    for (const event of ["data", "end", "drain", "timeout", "error", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.setTimeout(0);
    return { socket: this.#socket, ahead: this.#rest };
  }

  takePiece(bytes: Buffer): void {
    this.#serving?.bodyPiece(bytes);
  }

  #take(chunk: Buffer): void {
    if (this.#isClosing) return;
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#advance();
  }

  /** Goes on as far as it can with what has come; the rest stays, and what follows it stays in the socket. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#rest !== undefined && !this.#isClosing && this.#step(this.#rest));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#refuse(error.status);
    } finally {
      this.#isAdvancing = false;
    }
    if (this.#isClosing) return;
    const isInTurn = this.#hadTurn && this.#rest !== undefined;
    if (this.#hasEnded && !isInTurn && this.#isAtEnd()) return;
    const isBusy = this.#head !== undefined || isInTurn || this.#socket.writableNeedDrain;
    const mustWait = this.#isHeld || (isBusy && this.#rest !== undefined);
    if (mustWait !== this.#socket.isPaused()) this.#socket[mustWait ? "pause" : "resume"]();
  }

  /** Whether nothing is left to be done for a client that says no more: half a request is none. */
  #isAtEnd(): boolean {
    if (this.#head === undefined && !this.#socket.writableNeedDrain) this.#close();
    else if (this.#body?.isWhole === false && this.#rest === undefined) this.#socket.destroy();
    else return false;
    return true;
  }

  /** Whether there was anything to be done. */
  #step(rest: Buffer): boolean {
    // A client that does not read its answers gets no more of them.
    if (this.#head === undefined) return !this.#hadTurn && !this.#socket.writableNeedDrain && this.#readHead(rest);
    if (this.#body === undefined || this.#body.isWhole || this.#isHeld) return false;
    this.#keep(rest, this.#body.read(rest, 0, this));
    if (!this.#body.isWhole) return true;
    this.#serving?.bodyEnded();
    this.#settle();
    return true;
  }

  #readHead(rest: Buffer): boolean {
    let from = 0;
    while (rest[from] === 0x0d && rest[from + 1] === 0x0a) from += 2; // empty lines before a request are passed over
    const end = rest.indexOf(headEnd, from);
    if ((end === -1 ? rest.length : end) - from > headBytesMax) throw new BadMessage("The head is too long");
    if (end === -1) {
      this.#patience ??= setTimeout(() => this.#refuse(408), headMilliseconds);
      return false;
    }
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#hadTurn = true;
    setImmediate(() => {
      this.#hadTurn = false;
      this.#advance();
    });
    const head = parseRequestHead(rest.toString("latin1", from, end + 2));
    this.#keep(rest, end + headEnd.length);
    this.#head = head;
    this.#body = (head.length ?? 0) === 0 ? undefined : new BodyReader(head.length ?? 0);
    this.#isAnswered = false;
    this.#closesAfter ||= !head.keepsConnection;
    this.#awaitsContinue = head.expectsContinue && this.#body !== undefined;
    const serving = this.#front.serve(this, head);
    if (!this.#isAnswered) this.#serving = serving;
    return true;
  }

  #keep(rest: Buffer, from: number): void {
    this.#rest = from === rest.length ? undefined : rest.subarray(from);
  }

  /** A request is over when it has been answered and heard out. */
  #settle(): void {
    if (!this.#isAnswered || this.#head === undefined) return;
    if (this.#closesAfter) return this.#close();
    if (this.#body?.isWhole === false) return;
    this.#head = undefined;
    this.#body = undefined;
  }

  #refuse(status: TroubleStatus): void {
    this.#serving?.clientGone();
    this.#serving = undefined;
    if (this.#writer !== undefined || (this.#isAnswered && this.#head !== undefined))
      return void this.#socket.destroy();
    this.#closesAfter = true;
    const { head, body } = pageOf(status);
    this.answer(head, body);
    this.#close();
  }

  /** What a client still sends is read and dropped for a while: otherwise the system would take back the answer. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#rest = undefined;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#socket.destroy(), lingerMilliseconds);
    this.#socket.end();
    this.#socket.resume();
  }

  /** The client has said all that it will. It may still wait for an answer. */
  #ended(): void {
    this.#hasEnded = true;
    this.#advance();
  }

  #drained(): void {
    this.#serving?.clientReady();
    this.#advance();
  }

  #timedOut(): void {
    const hasPart = this.#head === undefined ? this.#rest !== undefined : this.#body?.isWhole === false;
    if (this.#head === undefined && !hasPart) this.#close();
    else if (hasPart && !this.#isHeld) this.#refuse(408);
    // Otherwise it is the target's turn, whose silence ends it.
  }

  #gone(): void {
    this.#isClosing = true;
    clearTimeout(this.#patience);
    this.#front.forget(this);
    this.#serving?.clientGone();
    this.#serving = undefined;
  }
}
