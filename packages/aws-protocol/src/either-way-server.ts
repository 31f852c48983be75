import type { ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from "node:tls";
import { type FrontDoor, QuickServer } from "./quick-server.ts";

/** The first byte of every TLS connection: a handshake record. No HTTP method begins with it. */
const handshake = 0x16;

/** How long a connection may say nothing at all, and how long a handshake may take, in milliseconds: as long as a request's headers. */
const firstByteMilliseconds = 20_000;

/** An HTTP server that speaks TLS, too, on the same port: the first byte of a connection tells which it is. */
export class EitherWayServer extends QuickServer {
  readonly #undecided = new Set<Socket>();
  readonly #secure: TlsServer;

  constructor(
    options: ServerOptions & { readonly keepAliveTimeout: number },
    door: FrontDoor,
    tls: SecureContextOptions,
  ) {
    super(options, door);
    // The listener for connections takes decrypted ones just as well, as that of `https` does.
    const [serve] = this.listeners("connection");
    this.removeAllListeners("connection");
    this.#secure = createTlsServer(
      { ...tls, ALPNProtocols: ["http/1.1"], handshakeTimeout: firstByteMilliseconds },
      (socket) => serve?.call(this, socket),
    );
    this.#secure.on("tlsClientError", (_error, socket) => socket.destroy());
    this.on("connection", (socket: Socket) => this.#decide(socket, () => serve?.call(this, socket)));
  }

  override closeIdleConnections(): void {
    for (const socket of this.#undecided) socket.destroy();
    super.closeIdleConnections();
  }

  override closeAllConnections(): void {
    for (const socket of this.#undecided) socket.destroy();
    super.closeAllConnections();
  }

  #decide(socket: Socket, serve: () => void): void {
    const end = () => socket.destroy();
    const forget = () => this.#undecided.delete(socket);
    this.#undecided.add(socket);
    socket.setTimeout(firstByteMilliseconds, end).once("error", end).once("close", forget);
    socket.once("readable", () => {
      const first = socket.read(1) as Buffer | null; // sockets without an encoding give bytes
      if (first === null) return end();
      forget();
      socket.setTimeout(0).off("timeout", end).off("error", end).off("close", forget);
      socket.unshift(first);
      if (first[0] === handshake) this.#secure.emit("connection", socket);
      else serve();
    });
  }
}
