import { chmodSync, rmSync } from "node:fs";
import type { RequestListener, Server as HttpServer, ServerOptions } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createServer, isIP, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { SecureContext } from "node:tls";
import { createFrontDoorServer, frontDoorLimits } from "@sluice/aws-protocol";
import { createServer as createHttpServer } from "@sluice/aws-protocol/node-http";
import type { Outside } from "../driver.ts";
import type { Authority } from "../../tls/authority.ts";
import { listenInside } from "./listen-inside.ts";
import { readLine } from "./control-protocol.ts";
import { sockets, withSocketPath } from "./folders.ts";

/** Connections of one instance that are open at once: more than everything that runs in one needs. */
const carriedMax = 256;

/** The address at which instances reach the control plane. */
export const gatewayAddress = "172.31.0.1";

/** What is served to instances besides the endpoint. */
export interface OutsideServerOptions {
  readonly authority: Authority;
  /** Served on 443, under AWS's own names, with certificates of `authority`. */
  readonly secureListener: RequestListener;
  /** The front door's when absent. */
  readonly limits?: (ServerOptions & Pick<typeof frontDoorLimits, "headersTimeout">) | undefined;
}

/** Serves the connections of instances to the outside: at the endpoint directly, and those that netd carries, which begin with a line that names the service, the instance and its address. */
export class OutsideServer {
  readonly #server: Server;
  readonly #endpoint: HttpServer;
  /** By the address that their connections come from. */
  readonly #secure = new Map<string, HttpsServer>();
  readonly #openSecure: () => HttpsServer;
  readonly #metadata = new Map<string, HttpServer>();
  readonly #openMetadata: (instanceId: string) => HttpServer;
  /** The metadata of tasks: one server for all, as tasks come and go. */
  readonly #tasks: HttpServer;
  readonly #taskOf = new WeakMap<Socket, string>();
  readonly #sockets = new Set<Socket>();
  /** The connections that netd carries, by instance, the oldest first. */
  readonly #carried = new Map<string, Set<Socket>>();
  #inside: readonly Server[] = [];

  constructor(outside: Outside, { authority, secureListener, limits = frontDoorLimits }: OutsideServerOptions) {
    this.#endpoint = timed(createFrontDoorServer(outside.listener, authority.certificateFor([gatewayAddress])));
    const secure = { ...limits, handshakeTimeout: limits.headersTimeout, SNICallback: certificates(authority) };
    this.#openSecure = () => timed(createHttpsServer(secure, secureListener));
    const short = { ...limits, requestTimeout: limits.headersTimeout }; // no request to it has a body
    this.#openMetadata = (instanceId) => timed(createHttpServer(short, outside.metadata(instanceId)));
    this.#tasks = timed(
      createHttpServer(short, (request, response) =>
        outside.taskMetadata(this.#taskOf.get(request.socket) ?? "")(request, response),
      ),
    );
    this.#server = createServer(
      { allowHalfOpen: true },
      (socket) => void this.#serve(socket).catch(() => socket.destroy()),
    );
  }

  /** Listens in a state folder. The user inside the namespaces may be another one: the folder is what keeps others out. */
  async listen(state: string): Promise<void> {
    rmSync(join(state, sockets.outside), { force: true });
    await withSocketPath(
      state,
      sockets.outside,
      (path) => new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(path, resolve)),
    );
    chmodSync(join(state, sockets.outside), 0o666);
  }

  /** Listens at the endpoint, at these ports of the instances' network: agents call often, and should not wait for a hop. */
  async listenInside(enter: readonly string[], ports: readonly number[]): Promise<void> {
    const take = (socket: Socket) => {
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      this.#keep(socket);
      this.#endpoint.emit("connection", socket);
    };
    this.#inside = await Promise.all(ports.map((port) => listenInside(enter, { address: gatewayAddress, port, take })));
  }

  async close(): Promise<void> {
    const closed = Promise.all(
      [this.#server, ...this.#inside].map((server) => new Promise((resolve) => server.close(resolve))),
    );
    for (const server of [this.#endpoint, this.#tasks, ...this.#secure.values(), ...this.#metadata.values()])
      server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  async #serve(socket: Socket): Promise<void> {
    this.#keep(socket);
    const first = await readLine(socket);
    const [service, instanceId = "", address = ""] = first?.line.split(" ") ?? [];
    if (first === undefined) return void socket.destroy();
    this.#limit(instanceId, socket);
    if (first.rest.length > 0) socket.unshift(first.rest);
    if (service === "task") this.#taskOf.set(socket, instanceId);
    this.#serverOf(service, { instanceId, address }).emit("connection", socket);
    // TLS, and the code that detects it, read the socket themselves, with what was put back; if it were flowing they would miss the beginning.
    if (service !== "secure") socket.resume();
  }

  #serverOf(service: string | undefined, from: { readonly instanceId: string; readonly address: string }) {
    if (service === "task") return this.#tasks;
    return service === "metadata" ? this.#metadataOf(from.instanceId) : this.#secureOf(from.address);
  }

  /** Makes room for an instance's newest connection by closing its oldest, whichever process of the instance that belongs to. */
  #limit(instanceId: string, socket: Socket): void {
    const carried = this.#carried.get(instanceId) ?? new Set<Socket>();
    this.#carried.set(instanceId, carried.add(socket));
    socket.once("close", () => carried.delete(socket));
    const [oldest] = carried;
    if (carried.size > carriedMax) oldest?.destroy();
  }

  /** netd's sockets have no address: the request gets the instance's, which conditions on `aws:SourceIp` test. */
  #secureOf(address: string): HttpsServer {
    const found = this.#secure.get(address) ?? this.#openSecure();
    if (!this.#secure.has(address) && isIP(address) !== 0)
      found.on("secureConnection", (socket) => Object.defineProperty(socket, "remoteAddress", { value: address }));
    this.#secure.set(address, found);
    return found;
  }

  #metadataOf(instanceId: string): HttpServer {
    const found = this.#metadata.get(instanceId) ?? this.#openMetadata(instanceId);
    this.#metadata.set(instanceId, found);
    return found;
  }
}

/** Returns a certificate by the name that the client asks for; a name that is not ours ends the handshake. */
function certificates(authority: Authority) {
  return (host: string, answer: (error: Error | null, context?: SecureContext) => void): void => {
    try {
      answer(null, authority.contextFor(host.toLowerCase()));
    } catch (error) {
      answer(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

/** Node enforces a server's time limits only once it listens, and these servers are given connections that netd has accepted. */
function timed<Kind extends HttpServer | HttpsServer>(server: Kind): Kind {
  server.emit("listening");
  return server;
}
