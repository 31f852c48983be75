import type { Socket } from "node:net";
import type { AnswerHead } from "../http/answer-head.ts";
import type { ClientConnection, Serving } from "./client-connection.ts";
import { textForClient, textForTarget } from "../http/forwarded-headers.ts";
import { answerTrouble } from "../http/local-responses.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { Route } from "../routing/route.ts";
import type { Asker, Failure, TargetConnection } from "./target-connection.ts";
import { join } from "./tunnel.ts";
import type { Upstream } from "../routing/upstreams.ts";

/** How often a request is sent again that its target has not seen. */
const retriesMax = 2;

/** Methods that do no harm when a target sees them twice. */
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

const nothing = Buffer.alloc(0);

/** The listener by which a request came. */
export interface Entrance {
  readonly port: number;
  readonly protocol: "http" | "https";
  readonly idleMilliseconds: number;
}

/** One request on its way to a target, and the answer on its way back. */
export class Exchange implements Serving, Asker {
  readonly #client: ClientConnection;
  readonly #head: RequestHead;
  readonly #route: Route;
  readonly #entrance: Entrance;
  readonly #hasBody: boolean;
  readonly #mayRepeat: boolean;
  #refused: Set<Upstream> | undefined;
  #retries = 0;
  #upstream: Upstream | undefined;
  #connection: TargetConnection | undefined;
  #hasAnswer = false;

  constructor(client: ClientConnection, head: RequestHead, to: { readonly route: Route; readonly entrance: Entrance }) {
    this.#client = client;
    this.#head = head;
    this.#route = to.route;
    this.#entrance = to.entrance;
    this.#hasBody = (head.length ?? 0) !== 0;
    this.#mayRepeat = !this.#hasBody && head.upgrade === undefined && repeatable.has(head.method);
  }

  /** Sends the request. The body waits until there is a connection, so that a refused one has taken nothing of it. */
  start(): void {
    const upstream = this.#route.pick(this.#refused);
    if (upstream === undefined) return answerTrouble(this.#client, this.#refused === undefined ? 503 : 502);
    this.#upstream = upstream;
    upstream.inFlight += 1;
    if (this.#hasBody) this.#client.hold();
    // A request that may not be sent twice gets a connection of its own: one that has been idle might be dead.
    const connection = this.#mayRepeat && this.#retries === 0 ? upstream.take() : upstream.open();
    this.#connection = connection;
    const { method } = this.#head;
    connection.ask(this, {
      method,
      text: textForTarget(this.#head, { ...this.#entrance, address: this.#client.address, isKept: this.#mayRepeat }),
      idleMilliseconds: this.#entrance.idleMilliseconds,
      isKept: this.#mayRepeat,
      isUpgrade: this.#head.upgrade !== undefined,
    });
  }

  connected(): void {
    if (!this.#hasBody) return;
    this.#client.sayContinue();
    this.#client.release();
  }

  bodyPiece(bytes: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const isReady = this.#head.length === "chunked" ? connection.writeChunk(bytes) : connection.write(bytes);
    if (!isReady) this.#client.hold();
  }

  bodyEnded(): void {
    if (this.#head.length === "chunked") this.#connection?.write(lastChunk);
  }

  targetReady(): void {
    this.#client.release();
  }

  answered(head: AnswerHead): void {
    this.#hasAnswer = true;
    const saysLength = typeof head.length === "number";
    this.#client.begin(textForClient(head, this.#route.stickyFields(this.#upstream, head)), { saysLength });
  }

  answerPiece(bytes: Buffer): void {
    if (!this.#client.piece(bytes)) this.#connection?.pause();
  }

  answerPaused(): void {
    if (this.#hasAnswer) this.#client.flush();
  }

  clientReady(): void {
    this.#connection?.resume();
  }

  answerEnded(): void {
    this.#leave();
    this.#client.finish();
  }

  switched(head: AnswerHead, target: Socket, ahead: Buffer | undefined): void {
    const { socket: client, ahead: said } = this.#client.detach();
    const upstream = this.#upstream;
    this.#leave();
    client.write(`${textForClient(head, "")}Connection: Upgrade\r\nUpgrade: ${upgradeOf(head)}\r\n\r\n`, "latin1");
    client.write(ahead ?? nothing);
    target.write(said ?? nothing);
    if (upstream !== undefined) join(client, target, { upstream, idleMilliseconds: this.#entrance.idleMilliseconds });
  }

  failed({ why, mayBeStale }: Failure): void {
    const upstream = this.#upstream;
    this.#leave();
    if (this.#hasAnswer) return this.#client.breakOff();
    const isRefused = why === "refused";
    if ((isRefused || (this.#mayRepeat && mayBeStale && why === "broken")) && this.#retries < retriesMax) {
      this.#retries += 1;
      if (isRefused && upstream !== undefined) this.#refused = (this.#refused ?? new Set()).add(upstream);
      return this.start();
    }
    answerTrouble(this.#client, why === "silent" ? 504 : 502);
  }

  clientGone(): void {
    this.#connection?.destroy();
    this.#leave();
  }

  #leave(): void {
    if (this.#upstream !== undefined) this.#upstream.inFlight -= 1;
    this.#upstream = undefined;
    this.#connection = undefined;
  }
}

const lastChunk = Buffer.from("0\r\n\r\n");

const upgradeOf = ({ fields }: AnswerHead) => fields.find(({ key }) => key === "upgrade")?.value ?? "";
