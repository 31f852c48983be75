import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import { hasBody, headersForClient, headersForTarget } from "./forwarded-headers.ts";
import { answerTrouble } from "./pages.ts";
import type { Upstream } from "./upstreams.ts";

/** How often a request is sent again that its target has not seen. */
const retriesMax = 2;

/** How long a target may take to accept a connection, in milliseconds: AWS's own limit. */
const connectMilliseconds = 10_000;

/** One request on its way to a target. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly port: number;
  readonly idleSeconds: number;
  /** The next target to try; undefined when there is none. */
  readonly pick: (except: ReadonlySet<Upstream>) => Upstream | undefined;
  /** Headers, names and values by turns, that the load balancer adds to what this target answers. */
  readonly extraHeaders: (upstream: Upstream) => readonly string[];
}

/** Sends a request to a target and its answer back. */
export function forward(exchange: Exchange): void {
  new Forwarding(exchange).start();
}

class Forwarding {
  readonly #exchange: Exchange;
  readonly #headers: string[];
  readonly #hasBody: boolean;
  /** Whether it does no harm when the target sees it twice. */
  readonly #mayRepeat: boolean;
  readonly #refused = new Set<Upstream>();
  #retries = 0;
  #current: ClientRequest | undefined;

  constructor(exchange: Exchange) {
    const { request, port } = exchange;
    this.#exchange = exchange;
    this.#headers = headersForTarget(request, port);
    this.#hasBody = hasBody(request);
    this.#mayRepeat = !this.#hasBody && ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].includes(request.method ?? "");
  }

  start(): void {
    const { response } = this.#exchange;
    response.once("close", () => {
      if (!response.writableFinished) this.#current?.destroy(); // the client has gone away
    });
    this.#send();
  }

  #send(): void {
    const { request, response, idleSeconds, pick } = this.#exchange;
    const upstream = pick(this.#refused);
    if (upstream === undefined) return answerTrouble(response, this.#refused.size > 0 ? 502 : 503);
    const sent = openRequest({
      agent: this.#mayRepeat ? upstream.pool : upstream.fresh,
      host: upstream.host,
      port: upstream.port,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: this.#headers,
      setHost: false,
      timeout: idleSeconds * 1000,
    });
    this.#current = sent;
    upstream.inFlight += 1;
    sent.once("close", () => (upstream.inFlight -= 1));
    sent.once("response", (answer) => this.#answer(answer, upstream));
    sent.once("timeout", () => sent.destroy(new Silence()));
    sent.on("error", (error) => this.#fail(error, sent, upstream));
    if (this.#hasBody) this.#sendBody(sent);
    else sent.end();
  }

  /** The body waits until there is a connection, so that a refused one has taken nothing of it. */
  #sendBody(sent: ClientRequest): void {
    const { request } = this.#exchange;
    sent.once("socket", (socket) => {
      if (!socket.connecting) return void request.pipe(sent);
      const patience = setTimeout(() => sent.destroy(new Silence()), connectMilliseconds);
      socket.once("connect", () => request.pipe(sent));
      socket.once("connect", () => clearTimeout(patience)).once("close", () => clearTimeout(patience));
    });
  }

  #answer(answer: IncomingMessage, upstream: Upstream): void {
    const { response, extraHeaders } = this.#exchange;
    const headers = headersForClient(answer);
    headers.push(...extraHeaders(upstream));
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
    answer.on("error", () => response.destroy()); // broken off in the middle
    answer.on("aborted", () => response.destroy());
    // By hand and not by `pipe`, which costs an answer of one piece as much as the rest of its way.
    answer.on("data", (chunk: Buffer) => {
      if (response.write(chunk)) return;
      answer.pause();
      response.once("drain", () => answer.resume());
    });
    answer.once("end", () => response.end());
  }

  #fail(error: NodeJS.ErrnoException, sent: ClientRequest, upstream: Upstream): void {
    const { request, response } = this.#exchange;
    if (response.headersSent || response.destroyed) return void response.destroy();
    // Where no connection came about, nothing was sent; a connection that had been idle may have died unseen.
    const isRefused = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"].includes(error.code ?? "");
    if ((isRefused || (this.#mayRepeat && sent.reusedSocket)) && this.#retries < retriesMax) {
      this.#retries += 1;
      if (isRefused) this.#refused.add(upstream);
      return this.#send();
    }
    request.unpipe(sent);
    request.resume(); // a client reads the answer only when it has been heard out
    answerTrouble(response, error instanceof Silence ? 504 : 502);
  }
}

/** A target did not answer in time. */
class Silence extends Error {}
