import type { IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { Socket } from "node:net";
import type { ServiceRequest, ServiceResponse } from "@sluice/aws-protocol";
import { request } from "@sluice/aws-protocol/node-http";
import type { Entry } from "../journal.ts";
import { type Frame, Frames, kinds } from "./frames.ts";
import { headerNames, isNonce, isProof, newNonce, proofOf, protocolName } from "./handshake.ts";
import { askedOf } from "./passed-request.ts";

/** The node that writes has gone, or writes no longer, before it has answered: what it has done is not known. */
export class WriterGone extends Error {}

/** How long it may take to reach the node that writes, in milliseconds. */
const connectMilliseconds = 2_000;

export interface AskWriterOptions {
  readonly key: Uint8Array;
  /** The authority of the nodes' certificates, in PEM, when it is one of their own. */
  readonly authority?: string | undefined;
  readonly onEntry: (entry: Entry) => void;
  /** Called once, when the connection has ended or the other node no longer writes. */
  readonly onGone: () => void;
}

interface Waiting {
  readonly resolve: (answer: { readonly head: unknown; readonly body: Buffer }) => void;
  readonly reject: (error: Error) => void;
}

/** The connection to the node that writes. */
export class AskWriter {
  readonly #options: AskWriterOptions;
  readonly #frames: Frames;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isGone = false;

  private constructor(socket: Socket, options: AskWriterOptions) {
    this.#options = options;
    this.#frames = new Frames(socket, (frame) => this.#take(frame));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#end());
  }

  /** Connects to the node at a URL. Rejects when it cannot be reached, or is not of this house. */
  static async connect(address: string, options: AskWriterOptions): Promise<AskWriter> {
    const asks = newNonce();
    const { socket, response, first } = await upgrade(address, { [headerNames.nonce]: asks }, options.authority);
    const answers = response.headers[headerNames.nonce];
    const proof = response.headers[headerNames.proof];
    if (!isNonce(answers) || !isProof(proof, proofOf(options.key, "answers", [asks, answers]))) {
      socket.destroy();
      throw new Error(`What listens at ${address} is no node of this house: its key is another`);
    }
    const writer = new AskWriter(socket, options);
    writer.#frames.send(kinds.proof, 0, proofOf(options.key, "asks", [asks, answers]));
    if (first.length > 0) writer.#frames.read(first);
    return writer;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Passes a request on. Rejects with `WriterGone`. */
  async ask(service: string, asked: ServiceRequest, body: Buffer, signal?: AbortSignal): Promise<ServiceResponse> {
    const id = this.#nextId();
    const answered = this.#exchange(id, () => this.#frames.send(kinds.request, id, askedOf(service, asked), body));
    const leave = () => this.#isGone || this.#frames.send(kinds.gone, id);
    signal?.addEventListener("abort", leave);
    try {
      const { head, body: answer } = await answered;
      return { ...(head as ServiceResponse), body: answer }; // written by `AnswerPeers`, which has proved itself
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Returns the number of the last entry that the writer has kept. */
  async position(): Promise<number> {
    const id = this.#nextId();
    return Number((await this.#exchange(id, () => this.#frames.send(kinds.position, id))).head);
  }

  close(): void {
    this.#frames.close();
    this.#end();
  }

  #nextId(): number {
    this.#last = this.#last === 0xff_ff_ff_ff ? 1 : this.#last + 1;
    return this.#last;
  }

  #exchange(id: number, send: () => void): Promise<{ readonly head: unknown; readonly body: Buffer }> {
    if (this.#isGone) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send();
    });
  }

  #take({ kind, id, head, body }: Frame): void {
    if (kind === kinds.entry)
      return this.#options.onEntry({ ...(head as Omit<Entry, "changes">), changes: Buffer.from(body) }); // checked by its digest
    if (kind === kinds.refusal && id === 0) return this.close();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (kind === kinds.refusal) waiting.reject(gone());
    else waiting.resolve({ head, body: Buffer.from(body) });
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
    this.#options.onGone();
  }
}

const gone = () => new WriterGone("The node that writes has gone");

function upgrade(
  address: string,
  headers: Readonly<Record<string, string>>,
  authority: string | undefined,
): Promise<{ readonly socket: Socket; readonly response: IncomingMessage; readonly first: Buffer }> {
  const { protocol, hostname, port, host } = new URL(address);
  // An IPv6 address stands in brackets in a URL alone.
  const at = {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port === "" ? (protocol === "https:" ? 443 : 80) : port),
  };
  return new Promise((resolve, reject) => {
    const asking = (protocol === "https:" ? requestTls : request)({
      ...at,
      // With an authority of the house's own, whoever has a certificate of it is a node, under whatever name it is reached.
      ...(authority === undefined ? {} : { ca: [authority], checkServerIdentity: () => undefined }),
      method: "GET",
      path: "/",
      headers: { ...headers, host, connection: "upgrade", upgrade: protocolName },
      timeout: connectMilliseconds,
      agent: false,
    });
    asking.on("timeout", () => asking.destroy(new Error(`${address} does not answer`)));
    asking.on("error", reject);
    asking.on("response", (response) => {
      response.resume();
      reject(new Error(`What listens at ${address} is no node: it answers with status ${response.statusCode}`));
    });
    asking.on("upgrade", (response, socket, first) => {
      if (socket instanceof Socket) resolve({ socket, response, first });
      else reject(new Error(`The connection to ${address} is none of this machine's`));
    });
    asking.end();
  });
}
