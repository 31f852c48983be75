import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Socket } from "node:net";
import { type AccessKeys, Fault, type Service, type ServiceResponse } from "@sluice/aws-protocol";
import type { Entry, Position } from "../journal.ts";
import { TermOver } from "../term.ts";
import { type Frame, frameBytesMax, Frames, kinds } from "./frames.ts";
import { headerNames, isNonce, isProof, newNonce, proofOf, protocolName } from "./handshake.ts";
import { type AskedRequest, requestOf } from "./passed-request.ts";

/** How long a node may take to prove itself, in milliseconds. */
const proofMilliseconds = 5_000;

/** The longest frame before that, in bytes: anybody may ask for such a connection, and what has come of a frame is held. */
const proofBytesMax = 1_024;

/** What the node that writes answers its followers with. */
export interface WriterSide {
  readonly keys: AccessKeys;
  service(name: string): Service | undefined;
  readonly position: Position;
  /** Serves a request as this node's own: what it tells is kept. Throws `TermOver` when this node no longer writes. */
  serve(service: Service, request: Parameters<Service["serve"]>[0]): Promise<ServiceResponse>;
}

export interface AnswerPeersOptions {
  /** The key that nodes of a house prove themselves with. */
  readonly key: Uint8Array;
  /** Undefined while this node does not write. */
  readonly answering: () => WriterSide | undefined;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Answers the nodes that follow this one, and tells them of entries. */
export class AnswerPeers {
  readonly #options: AnswerPeersOptions;
  readonly #followers = new Set<Frames>();
  readonly #sockets = new Set<Duplex>();

  constructor(options: AnswerPeersOptions) {
    this.#options = options;
  }

  /** Whether a request asks for a connection between nodes. */
  static isAskedFor({ headers }: IncomingMessage): boolean {
    return headers.upgrade === protocolName;
  }

  /** Takes a connection over that has asked for it: nothing is answered before the other side has proved itself. */
  accept({ headers }: IncomingMessage, socket: Duplex, first: Buffer): void {
    const asks = headers[headerNames.nonce];
    if (!isNonce(asks) || !(socket instanceof Socket)) return void socket.destroy();
    const nonces = [asks, newNonce()] as const;
    const { key } = this.#options;
    this.#sockets.add(socket);
    const patience = setTimeout(() => socket.destroy(), proofMilliseconds);
    const gone = new Map<number, AbortController>();
    let isProved = false;
    const take = (frame: Frame) => {
      if (isProved) return this.#take(frames, frame, gone);
      if (frame.kind !== kinds.proof || !isProof(frame.head, proofOf(key, "asks", nonces))) return frames.close();
      isProved = true;
      clearTimeout(patience);
      frames.trust();
      this.#followers.add(frames);
      this.#tellPosition(frames, 0);
    };
    const frames: Frames = new Frames(socket, take, proofBytesMax);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(patience);
      this.#followers.delete(frames);
      this.#sockets.delete(socket);
      for (const controller of gone.values()) controller.abort();
    });
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ${protocolName}\r\n${headerNames.nonce}: ${nonces[1]}\r\n${headerNames.proof}: ${proofOf(key, "answers", nonces)}\r\n\r\n`,
    );
    if (first.length > 0) frames.read(first);
  }

  /** Tells all followers of an entry that is kept. Those that are too long they read from the journal. */
  tell({ changes, ...head }: Entry): void {
    if (changes.length > frameBytesMax / 2) return;
    for (const frames of this.#followers) frames.send(kinds.entry, 0, head, changes);
  }

  /** Tells all followers that this node no longer writes. */
  leave(): void {
    for (const frames of this.#followers) frames.send(kinds.refusal, 0);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #tellPosition(frames: Frames, id: number): void {
    const answering = this.#options.answering();
    if (answering === undefined) frames.send(kinds.refusal, id);
    else frames.send(kinds.position, id, answering.position.sequence);
  }

  #take(frames: Frames, { kind, id, head, body }: Frame, gone: Map<number, AbortController>): void {
    if (kind === kinds.position) this.#tellPosition(frames, id);
    else if (kind === kinds.gone) gone.get(id)?.abort();
    else if (kind === kinds.request) {
      const leaving = { controller: undefined as AbortController | undefined };
      const signal = () => {
        if (leaving.controller === undefined) gone.set(id, (leaving.controller = new AbortController()));
        return leaving.controller.signal;
      };
      // An answer keeps no bytes of a connection's reads alive.
      this.#answer(head as AskedRequest, Buffer.from(body), signal) // written by `AskWriter`, which has proved itself
        .then(({ body: answer, ...rest }) => frames.send(kinds.answer, id, rest, answer))
        .catch((error: unknown) => {
          if (!(error instanceof TermOver)) this.#options.onDefect(error, "a request that another node has passed on");
          frames.send(kinds.refusal, id);
        })
        .finally(() => gone.delete(id));
    } else frames.close();
  }

  async #answer(asked: AskedRequest, body: Buffer, signal: () => AbortSignal) {
    const answering = this.#options.answering();
    if (answering === undefined) throw new TermOver("This node does not write");
    const service = answering.service(asked.service);
    if (service === undefined) throw new Error(`There is no service "${asked.service}" here`);
    const { requestId, headers, path } = asked;
    // A key may have ended since the other node has heard of it.
    const key = await answering.keys.find(asked.accessKeyId);
    const response =
      key === undefined
        ? service.refuse(unknownKey, { requestId, headers, path })
        : await answering.serve(service, requestOf(asked, { principal: key.principal, body, signal }));
    return { ...response, body: bodyOf(response) };
  }
}

const unknownKey = new Fault("UnrecognizedClientException", "The security token included in the request is invalid.", {
  status: 403,
});

function bodyOf({ body = "" }: ServiceResponse): string | Uint8Array {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  body.destroy();
  throw new Error("An answer that comes bit by bit cannot be passed on");
}
