import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server } from "node:tls";
import type { Tls } from "../control/configuration.ts";

/** How long a client may take to agree on a secret, in milliseconds. */
const handshakeMilliseconds = 10_000;

/** What ends the encryption of one port's connections: behind it they are like others. */
export class SecureDoor {
  readonly #entered: (socket: Socket) => void;
  #server: Server | undefined;
  #known = "";
  #contexts: readonly { readonly names: X509Certificate; readonly context: SecureContext }[] = [];

  constructor(entered: (socket: Socket) => void) {
    this.#entered = entered;
  }

  /** Goes by new certificates from the next connection on. */
  configure(tls: Tls): void {
    const known = JSON.stringify(tls);
    if (known === this.#known) return;
    this.#known = known;
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
      SNICallback: (name, answer) => answer(null, this.#contextFor(name)),
    });
    this.#server.on("secureConnection", this.#entered);
    this.#server.on("tlsClientError", (_, socket) => socket.destroy()); // somebody who speaks no TLS, or none of ours
  }

  take(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    this.#server?.emit("connection", socket);
  }

  /** The first certificate that has the name; the first of all when none has. */
  #contextFor(name: string): SecureContext | undefined {
    return (this.#contexts.find(({ names }) => names.checkHost(name) !== undefined) ?? this.#contexts[0])?.context;
  }
}
