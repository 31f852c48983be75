import { connect, type Socket } from "node:net";
import { type AnswerHead, parseAnswerHead } from "../http/answer-head.ts";
import { BodyReader, type BodySink } from "../http/body-reader.ts";
import { BadMessage, headEnd } from "../http/message-head.ts";

/** AWS's limit of an answer's head, in bytes. */
const headBytesMax = 32 * 1024;

/** How long a target may take to accept a connection, in milliseconds: AWS's own limit. */
const connectMilliseconds = 10_000;

/** Why there is no answer, or no end of it. */
export interface Failure {
  readonly why: "refused" | "silent" | "broken";
  /** Whether the connection had been idle: it may have died unseen, and then the target has seen nothing of the request. */
  readonly mayBeStale: boolean;
}

/** Who waits for a target's answer. */
export interface Asker {
  /** A new connection has come about. */
  connected(): void;
  /** More of the request may be written. */
  targetReady(): void;
  answered(head: AnswerHead): void;
  answerPiece(bytes: Buffer): void;
  /** All that has come so far was passed on. */
  answerPaused(): void;
  answerEnded(): void;
  /** The target speaks another protocol from here on. */
  switched(head: AnswerHead, socket: Socket, ahead: Buffer | undefined): void;
  failed(failure: Failure): void;
}

/** A target, as its connections know it. */
export interface Home {
  readonly host: string;
  readonly port: number;
  /** Takes back a connection that has carried its request. */
  keep(connection: TargetConnection): void;
  /** A connection has ended. */
  forget(connection: TargetConnection): void;
}

/** What is asked of a target. */
export interface Question {
  readonly method: string;
  readonly text: string;
  readonly idleMilliseconds: number;
  /** Whether the connection may be kept for other requests. */
  readonly isKept: boolean;
  readonly isUpgrade: boolean;
}

/** A connection to a target, which carries one request at a time. */
export class TargetConnection implements BodySink {
  /** Since when it has carried nothing, by the monotonic clock. */
  idleSince = 0;
  readonly #home: Home;
  readonly #socket: Socket;
  #isReused = false;
  /** Whether the target has said anything about this request. */
  #hasSpoken = false;
  #isConnected = false;
  #idleMilliseconds = 0;
  #asker: Asker | undefined;
  #question: Question | undefined;
  #rest: Buffer | undefined;
  #answer: AnswerHead | undefined;
  #body: BodyReader | undefined;
  #trouble: Failure["why"] = "broken";

  constructor(home: Home) {
    this.#home = home;
    const { host, port } = home;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    socket.setTimeout(connectMilliseconds);
    socket.once("connect", () => this.#connected());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("drain", () => this.#asker?.targetReady());
    socket.on("end", () => this.#ended());
    socket.on("timeout", () => this.#timedOut());
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
      if (code === "ETIMEDOUT") this.#trouble = "silent";
      if (["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"].includes(code)) this.#trouble = "refused";
    });
    socket.on("close", () => this.#fail());
  }

  /** Sends a request; its body, if any, is written afterwards. */
  ask(asker: Asker, question: Question): void {
    this.#asker = asker;
    this.#question = question;
    this.#answer = undefined;
    this.#hasSpoken = false;
    if (this.#isConnected) this.#keepTime(question.idleMilliseconds);
    this.#socket.write(question.text, "latin1");
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

  /** Ends it; nobody is told. */
  destroy(): void {
    this.#asker = undefined;
    this.#socket.destroy();
  }

  takePiece(bytes: Buffer): void {
    this.#asker?.answerPiece(bytes);
  }

  #connected(): void {
    this.#isConnected = true;
    this.#keepTime(this.#question?.idleMilliseconds ?? connectMilliseconds);
    this.#asker?.connected();
  }

  #keepTime(milliseconds: number): void {
    if (this.#idleMilliseconds === milliseconds) return;
    this.#idleMilliseconds = milliseconds;
    this.#socket.setTimeout(milliseconds);
  }

  #take(chunk: Buffer): void {
    if (this.#asker === undefined) return void this.#socket.destroy(); // nobody has asked
    this.#hasSpoken = true;
    try {
      this.#read(this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#fail();
    }
  }

  #read(bytes: Buffer): void {
    this.#rest = undefined;
    let at = 0;
    while (this.#answer === undefined) {
      const end = bytes.indexOf(headEnd, at);
      if ((end === -1 ? bytes.length : end) - at > headBytesMax) throw new BadMessage("The head is too long", 502);
      if (end === -1) return void (this.#rest = bytes.subarray(at));
      const head = parseAnswerHead(bytes.toString("latin1", at, end + 2), this.#question?.method ?? "");
      at = end + headEnd.length;
      if (head.status === 101) return this.#switch(head, bytes.subarray(at));
      if (head.status < 200) continue; // such as 103: the client is told of the answer alone
      this.#answer = head;
      this.#body = new BodyReader(head.length);
      this.#asker?.answered(head);
    }
    at = this.#body?.read(bytes, at, this) ?? at;
    if (this.#body?.isWhole === true) this.#finish(at < bytes.length);
    else this.#asker?.answerPaused();
  }

  /** A connection on which more comes than was asked for cannot be trusted any further. */
  #finish(isMoreThere: boolean): void {
    const asker = this.#asker;
    this.#asker = undefined;
    const isKept = !isMoreThere && this.#question?.isKept === true && this.#answer?.keepsConnection === true;
    if (isKept) {
      this.#isReused = true;
      if (this.#socket.isPaused()) this.#socket.resume(); // the client of this answer was slow, the next one may not be
      this.#home.keep(this);
    } else this.#socket.destroy();
    asker?.answerEnded();
  }

  #switch(head: AnswerHead, ahead: Buffer): void {
    if (this.#question?.isUpgrade !== true) throw new BadMessage("The target changes over unasked", 502);
    const asker = this.#asker;
    this.#asker = undefined;
    for (const event of ["data", "drain", "end", "timeout", "error", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.setTimeout(0);
    asker?.switched(head, this.#socket, ahead.length === 0 ? undefined : ahead);
  }

  #ended(): void {
    if (this.#body?.endsWithConnection === true && this.#answer !== undefined && this.#asker !== undefined)
      this.#finish(false);
    else this.#fail();
  }

  #timedOut(): void {
    this.#trouble = "silent";
    this.#fail();
  }

  #fail(): void {
    const asker = this.#asker;
    this.#asker = undefined;
    this.#socket.destroy();
    this.#home.forget(this);
    asker?.failed({ why: this.#trouble, mayBeStale: this.#isReused && !this.#hasSpoken });
  }
}
