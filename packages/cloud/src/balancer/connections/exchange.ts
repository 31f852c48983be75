import type { Socket } from "node:net";
import type { ResponseHead } from "../http/response-head.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { InFlightRequest } from "./client-state.ts";
import { responseText, requestText } from "../http/forwarded-headers.ts";
import { respondWithError } from "../http/local-responses.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { Route } from "../routing/route.ts";
import type { ResponseSink, Failure, TargetConnection } from "./target-connection.ts";
import { pipeBothWays } from "./tunnel.ts";
import type { Upstream } from "../routing/upstreams.ts";

/** How often a request is sent again when its target has not seen it. */
const retriesMax = 2;

/** Idempotent methods: a target may see such a request twice. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

const nothing = Buffer.alloc(0);

/** The listener by which a request came. */
export interface ListenerContext {
  readonly port: number;
  readonly protocol: "http" | "https";
  readonly idleMilliseconds: number;
}

/** One request on its way to a target, and the response on its way back. */
export class Exchange implements InFlightRequest, ResponseSink {
  readonly #client: ClientConnection;
  readonly #head: RequestHead;
  readonly #route: Route;
  readonly #listener: ListenerContext;
  readonly #hasBody: boolean;
  readonly #mayRepeat: boolean;
  #refused: Set<Upstream> | undefined;
  #retries = 0;
  #upstream: Upstream | undefined;
  #connection: TargetConnection | undefined;
  #hasResponse = false;

  constructor(
    client: ClientConnection,
    head: RequestHead,
    to: { readonly route: Route; readonly listener: ListenerContext },
  ) {
    this.#client = client;
    this.#head = head;
    this.#route = to.route;
    this.#listener = to.listener;
    this.#hasBody = (head.length ?? 0) !== 0;
    this.#mayRepeat = !this.#hasBody && head.upgrade === undefined && idempotent.has(head.method);
  }

  /** Sends the request. Its body waits until there is a connection, so that nothing of it is lost when the connection is refused. */
  start(): void {
    const upstream = this.#route.pick(this.#refused);
    if (upstream === undefined) return respondWithError(this.#client, this.#refused === undefined ? 503 : 502);
    this.#upstream = upstream;
    upstream.inFlight += 1;
    if (this.#hasBody) this.#client.hold();
    // A request that may not be sent twice gets a new connection: one that was idle might be dead.
    const connection = this.#mayRepeat && this.#retries === 0 ? upstream.take() : upstream.open();
    this.#connection = connection;
    const { method } = this.#head;
    connection.send(this, {
      method,
      text: requestText(this.#head, { ...this.#listener, address: this.#client.address, isKept: this.#mayRepeat }),
      idleMilliseconds: this.#listener.idleMilliseconds,
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

  responseBegan(head: ResponseHead): void {
    this.#hasResponse = true;
    const saysLength = typeof head.length === "number";
    this.#client.beginResponse(responseText(head, this.#route.stickyFields(this.#upstream, head)), { saysLength });
  }

  responsePiece(bytes: Buffer): void {
    if (!this.#client.writePiece(bytes)) this.#connection?.pause();
  }

  responsePaused(): void {
    if (this.#hasResponse) this.#client.flush();
  }

  clientReady(): void {
    this.#connection?.resume();
  }

  responseEnded(): void {
    this.#leave();
    this.#client.finishResponse();
  }

  switched(head: ResponseHead, target: Socket, unread: Buffer | undefined): void {
    const { socket: client, unread: unreadOfClient } = this.#client.detach();
    const upstream = this.#upstream;
    this.#leave();
    client.write(`${responseText(head, "")}Connection: Upgrade\r\nUpgrade: ${upgradeOf(head)}\r\n\r\n`, "latin1");
    client.write(unread ?? nothing);
    target.write(unreadOfClient ?? nothing);
    if (upstream !== undefined)
      pipeBothWays(client, target, { upstream, idleMilliseconds: this.#listener.idleMilliseconds });
  }

  failed({ why, mayBeStale }: Failure): void {
    const upstream = this.#upstream;
    this.#leave();
    if (this.#hasResponse) return this.#client.abort();
    const isRefused = why === "refused";
    if ((isRefused || (this.#mayRepeat && mayBeStale && why === "broken")) && this.#retries < retriesMax) {
      this.#retries += 1;
      if (isRefused && upstream !== undefined) this.#refused = (this.#refused ?? new Set()).add(upstream);
      return this.start();
    }
    respondWithError(this.#client, why === "silent" ? 504 : 502);
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

const upgradeOf = ({ fields }: ResponseHead) => fields.find(({ key }) => key === "upgrade")?.value ?? "";
