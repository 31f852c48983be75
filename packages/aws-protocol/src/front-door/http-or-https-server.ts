import type { Socket } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from "node:tls";
import { type FrontDoor, FastPathServer, type FastPathServerOptions } from "./fast-path-server.ts";

/** The first byte of every TLS connection, that of a handshake record. No HTTP method begins with it. */
const handshakeRecord = 0x16;

/** How long a connection may be silent at first, and how long a handshake may take, in milliseconds: as long as a request's headers. */
const firstByteMilliseconds = 20_000;

/** The certificate, and whether plain HTTP is refused. */
export interface HttpsOptions extends SecureContextOptions {
  readonly isRequired?: boolean | undefined;
}

const upgradeRequired =
  "HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain\r\nupgrade: TLS/1.2\r\nconnection: upgrade, close\r\ncontent-length: 33\r\n\r\nThis port speaks HTTPS, not HTTP\n";

/** Responds that the port speaks HTTPS, and discards what is still sent. */
function refusePlain(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.end(upgradeRequired, "latin1", () => socket.destroy());
  socket.resume();
}

/** An HTTP server that also speaks HTTPS on the same port: the first byte of a connection tells which it is. */
export class HttpOrHttpsServer extends FastPathServer {
  readonly #undecided = new Set<Socket>();
  readonly #tlsServer: TlsServer;

  constructor(options: FastPathServerOptions, door: FrontDoor, tls: HttpsOptions) {
    super(options, door);
    // The listener for connections accepts decrypted ones, too: Node's `https` module uses it likewise.
    const [serve] = this.listeners("connection");
    this.removeAllListeners("connection");
    this.#tlsServer = createTlsServer(
      { ...tls, ALPNProtocols: ["http/1.1"], handshakeTimeout: firstByteMilliseconds },
      (socket) => serve?.call(this, socket),
    );
    this.#tlsServer.on("tlsClientError", (_error, socket) => socket.destroy());
    const plain = (socket: Socket) => (tls.isRequired === true ? refusePlain(socket) : serve?.call(this, socket));
    this.on("connection", (socket: Socket) => {
      this.connectionLimits.add(socket);
      if (!socket.destroyed) this.#sniff(socket, () => plain(socket));
    });
  }

  /** Uses another certificate for the handshakes that come; connections keep what they have. Throws when it is none. */
  replaceCertificate(tls: SecureContextOptions): void {
    this.#tlsServer.setSecureContext(tls);
  }

  override closeIdleConnections(): void {
    for (const socket of this.#undecided) socket.destroy();
    super.closeIdleConnections();
  }

  override closeAllConnections(): void {
    for (const socket of this.#undecided) socket.destroy();
    super.closeAllConnections();
  }

  #sniff(socket: Socket, serve: () => void): void {
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
      if (first[0] === handshakeRecord) this.#tlsServer.emit("connection", socket);
      else serve();
    });
  }
}
