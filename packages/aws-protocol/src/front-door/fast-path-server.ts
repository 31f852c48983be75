import type { RequestListener, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { ConnectionLimits, type ConnectionLimitsOptions, defaultConnectionLimits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { FastPathConnection, type FastPathContext } from "./fast-path-connection.ts";
import { Server } from "../node-http.ts";

/** A listener for Node's server, and for the requests that the fast path reads. */
export type FrontDoor = RequestListener & {
  /** Undefined when Node's server is to read all requests. */
  readonly onRequest?: ((exchange: Exchange) => void) | undefined;
};

/** Options of Node's server, with those that the fast path needs. */
export interface FastPathServerOptions extends ServerOptions {
  readonly keepAliveTimeout: number;
  readonly headersTimeout: number;
  readonly connections?: ConnectionLimitsOptions | undefined;
}

/**
 * An HTTP server that reads complete, plain requests itself, and hands a connection to Node's as soon as it brings anything
 * else. Ten thousand held polls are the reason: each costs 15 KiB here and 25 there (docs/decisions/017).
 */
export class FastPathServer extends Server {
  protected readonly connectionLimits: ConnectionLimits;
  readonly #connections = new Set<FastPathConnection>();

  constructor(options: FastPathServerOptions, door: FrontDoor) {
    super(options, door);
    this.connectionLimits = new ConnectionLimits(options.connections ?? defaultConnectionLimits());
    // Node's own, undocumented listener for connections, to which a connection is handed with its bytes put back. The tests
    // beside this file send such requests through it: look at them when Node is upgraded.
    const [serveByNode] = this.listeners("connection");
    this.removeAllListeners("connection");
    const handOver = (socket: Socket): unknown => serveByNode?.call(this, socket);
    const { onRequest } = door;
    const context: FastPathContext | undefined = onRequest && {
      onRequest,
      onOtherRequest: handOver,
      firstByteMilliseconds: options.headersTimeout,
      idleMilliseconds: options.keepAliveTimeout,
      onEnd: (connection) => this.#connections.delete(connection),
    };
    this.on("connection", (socket: Socket) => {
      this.connectionLimits.add(socket);
      if (context === undefined) handOver(socket);
      else if (!socket.destroyed) this.#connections.add(new FastPathConnection(socket, context));
    });
  }

  override closeIdleConnections(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.close();
    super.closeIdleConnections();
  }

  override closeAllConnections(): void {
    for (const connection of this.#connections) connection.close();
    super.closeAllConnections();
  }
}
