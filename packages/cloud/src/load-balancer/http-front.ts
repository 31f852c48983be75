import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Action, Listener } from "./configuration.ts";
import { actionChooser } from "./choose-action.ts";
import { forward } from "./forward.ts";
import { answer, answerTrouble, redirect } from "./pages.ts";
import { type Choice, type TargetPool, tokenOf, type Upstream } from "./upstreams.ts";
import { tunnelUpgrade } from "./tunnel.ts";

/** AWS's limit of all headers of a request together, in bytes. */
const headerBytesMax = 64 * 1024;

/** How long a client may take to send its headers, in milliseconds. */
const headersMilliseconds = 60_000;

type Forward = Extract<Action, { type: "forward" }>;

interface Entry {
  readonly listener: Listener;
  readonly choose: (request: IncomingMessage) => Action | undefined;
}

/** One HTTP port, and the load balancers that listen on it. */
export class HttpFront {
  readonly #server: Server;
  #entries: readonly Entry[] = [];
  #pools: ReadonlyMap<string, TargetPool> = new Map();

  constructor() {
    this.#server = createServer({
      maxHeaderSize: headerBytesMax,
      requestTimeout: 0,
      headersTimeout: headersMilliseconds,
      // HTTP/2 is offered, never demanded: its offer is passed over, as the standard has it.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() !== "h2c",
    });
    this.#server.on("request", (request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head)); // connections are all of TCP
  }

  configure(listeners: readonly Listener[], pools: ReadonlyMap<string, TargetPool>): void {
    this.#entries = listeners.map((listener) => ({ listener, choose: actionChooser(listener.rules) }));
    this.#pools = pools;
    this.#server.keepAliveTimeout = Math.max(...listeners.map(({ idleSeconds }) => idleSeconds)) * 1000;
  }

  take(socket: Socket): void {
    socket.allowHalfOpen = true; // a client may end its side and still wait for the answer
    socket.setNoDelay(true);
    this.#server.emit("connection", socket);
  }

  /** Answers what is under way, and nothing more. */
  close(): void {
    this.#entries = [];
    this.#server.closeIdleConnections();
  }

  #entryFor({ headers: { host = "" } }: IncomingMessage): Entry | undefined {
    if (this.#entries.length < 2) return this.#entries[0];
    const name = host.replace(/:\d*$/, "").toLowerCase();
    return this.#entries.find(({ listener }) => listener.hostname === name) ?? this.#entries[0];
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const entry = this.#entryFor(request);
    const action = entry?.choose(request);
    if (entry === undefined || action === undefined) return void response.destroy();
    const { port, idleSeconds } = entry.listener;
    if (action.type === "fixed-response") return answer(response, action);
    if (action.type === "redirect") return redirect(request, response, { action, port });
    const route = this.#route(request, action);
    if (route === undefined) return answerTrouble(response, 503);
    forward({ request, response, port, idleSeconds, ...route });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const entry = this.#entryFor(request);
    const action = entry?.choose(request);
    if (entry === undefined || action?.type !== "forward") return void socket.destroy();
    const upstream = this.#route(request, action)?.pick(new Set());
    const { port, idleSeconds } = entry.listener;
    tunnelUpgrade(request, socket, { head, port, idleSeconds, upstream });
  }

  /** Which group serves a request, and how its targets are picked. */
  #route(request: IncomingMessage, action: Forward) {
    const cookies = request.headers.cookie;
    const group = chooseGroup(action, cookies);
    const pool = group === undefined ? undefined : this.#pools.get(group);
    if (group === undefined || pool === undefined) return undefined;
    const choice: Choice = pool.sticky?.by === "cookie" ? { token: cookieOf(cookies, targetCookie) } : {};
    return {
      pick: (except: ReadonlySet<Upstream>) => pool.pick({ ...choice, except }),
      extraHeaders: (upstream: Upstream) => stickyHeaders({ action, group, pool, upstream }),
    };
  }
}

/** AWS's names of the cookies by which clients stay with a target, and with a group. */
const targetCookie = "AWSALB";
const groupCookie = "AWSALBTG";

/** A group by weight; the one that the client was given before, where clients stay. */
function chooseGroup({ groups, stickySeconds }: Forward, cookies: string | undefined): string | undefined {
  if (groups.length === 1) return groups[0]?.group;
  if (stickySeconds !== undefined) {
    const token = cookieOf(cookies, groupCookie);
    const held = groups.find(({ group, weight }) => weight > 0 && tokenOf(group) === token);
    if (held !== undefined) return held.group;
  }
  let drawn = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => (drawn -= weight) < 0)?.group;
}

function stickyHeaders({
  action,
  group,
  pool,
  upstream,
}: {
  readonly action: Forward;
  readonly group: string;
  readonly pool: TargetPool;
  readonly upstream: Upstream;
}): readonly string[] {
  const { sticky } = pool;
  return [
    ...(action.stickySeconds === undefined ? [] : cookiePair(groupCookie, tokenOf(group), action.stickySeconds)),
    ...(sticky?.by === "cookie" ? cookiePair(targetCookie, upstream.token, sticky.seconds) : []),
  ];
}

/** As on AWS, once for this site and once for requests from others. */
function cookiePair(name: string, value: string, seconds: number): readonly string[] {
  const expires = new Date(performance.timeOrigin + performance.now() + seconds * 1000).toUTCString();
  const cookie = (suffix: string) => `${name}${suffix}=${value}; Expires=${expires}; Path=/`;
  return ["Set-Cookie", cookie(""), "Set-Cookie", `${cookie("CORS")}; SameSite=None`];
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  return cookies
    ?.split(";")
    .map((pair) => pair.trim().split("=", 2))
    .find(([key]) => key === name)?.[1];
}
