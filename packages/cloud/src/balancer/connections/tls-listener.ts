import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server } from "node:tls";
import type { Tls } from "../control/configuration.ts";

/** How long a TLS handshake may take, in milliseconds. */
const handshakeMilliseconds = 10_000;

/** Terminates TLS on the connections of one port. */
export class TlsListener {
  readonly #onConnection: (socket: Socket) => void;
  #server: Server | undefined;
  /** The configuration in use, as JSON. */
  #configured = "";
  #contexts: readonly { readonly names: X509Certificate; readonly context: SecureContext }[] = [];

  /** `onConnection` gets each connection once its handshake is done, and then reads and writes it like any other. */
  constructor(onConnection: (socket: Socket) => void) {
    this.#onConnection = onConnection;
  }

  /** Uses other certificates from the next connection on. */
  configure(tls: Tls): void {
    const configuration = JSON.stringify(tls);
    if (configuration === this.#configured) return;
    this.#configured = configuration;
    const { certificates, versionMin: minVersion } = tls;
    this.#contexts = certificates.map(({ cert, key }) => ({
      names: new X509Certificate(cert),
      context: createSecureContext({ cert, key, minVersion }),
    }));
    const [initial] = certificates;
    this.#server = createServer({
      ...initial,
      minVersion,
      allowHalfOpen: true,
      handshakeTimeout: handshakeMilliseconds,
      ALPNProtocols: ["http/1.1"],
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
    });
    this.#server.on("secureConnection", this.#onConnection);
    this.#server.on("tlsClientError", (_, socket) => socket.destroy()); // a client that speaks no TLS, or no version of ours
  }

  accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    this.#server?.emit("connection", socket);
  }

  /** The first certificate that has the name; the first of all when none does. */
  #contextFor(name: string): SecureContext | undefined {
    return (this.#contexts.find(({ names }) => names.checkHost(name) !== undefined) ?? this.#contexts[0])?.context;
  }
}
