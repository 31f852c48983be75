import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** Emitted on a connection's socket when a signature that came over it has been verified: its client has a key. */
export const signatureVerified = Symbol("signature verified");

/** How many connections a server keeps. */
export interface ConnectionLimitsOptions {
  readonly connectionsMax: number;
  /** From one address, over which nothing signed has come yet. */
  readonly unauthenticatedMax: number;
}

/**
 * Far above any fleet's size. Thousands of agents may be behind one address, and may all come back in the same second:
 * until its first signed request each of them is unauthenticated.
 */
const mostConnections: ConnectionLimitsOptions = { connectionsMax: 20_000, unauthenticatedMax: 4_096 };

/**
 * What a server keeps whose process may open so many files: a quarter of them stays for the server's own, since without one
 * no connection can be accepted to take the place of an older one, and no file be read for whoever has a key.
 */
export function connectionLimitsFor(openFilesMax: number): ConnectionLimitsOptions {
  const connectionsMax = Math.min(mostConnections.connectionsMax, Math.floor((openFilesMax * 3) / 4));
  return {
    connectionsMax,
    unauthenticatedMax: Math.min(mostConnections.unauthenticatedMax, Math.floor(connectionsMax / 2)),
  };
}

/** The limits of this process. */
export const defaultConnectionLimits = (): ConnectionLimitsOptions => connectionLimitsFor(openFilesMax());

/** How many files this process may open; infinite where the system does not say, or sets no limit. Node itself raises it as far as it may. */
function openFilesMax(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity; // no /proc
  }
}

/**
 * Keeps room for clients with a key. Beyond a limit the oldest unauthenticated connection is closed, one of the same
 * address first: a client that opens connections without end takes them from nobody else.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #open = new Set<string>();
  /** Unauthenticated connections by address, the oldest first. */
  readonly #unauthenticated = new Map<string, Map<string, Socket>>();

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** Counts a connection, or destroys it when there is no room. The TLS socket of a counted connection is still the same connection. */
  add(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return; // not from the network
    const name = `${remoteAddress} ${remotePort}`;
    if (this.#unauthenticated.get(remoteAddress)?.get(name) === socket) return;
    if (!this.#open.has(name) && !this.#makeRoom(remoteAddress)) return void socket.destroy();
    this.#open.add(name);
    this.#unauthenticatedFrom(remoteAddress).set(name, socket);
    socket.once(signatureVerified, () => this.#forget(remoteAddress, name, socket));
    socket.once("close", () => {
      this.#open.delete(name);
      this.#forget(remoteAddress, name, socket);
    });
  }

  /** Closes the oldest unauthenticated connection if a limit is reached. False when none can be closed. */
  #makeRoom(address: string): boolean {
    const { connectionsMax, unauthenticatedMax } = this.#options;
    const own = this.#unauthenticated.get(address);
    const isFull = this.#open.size >= connectionsMax;
    if (!isFull && (own?.size ?? 0) < unauthenticatedMax) return true;
    const [of, sockets] = own === undefined ? (this.#unauthenticated.entries().next().value ?? []) : [address, own];
    const [name, oldest] = sockets?.entries().next().value ?? [];
    if (of === undefined || name === undefined || oldest === undefined) return false;
    oldest.destroy();
    this.#open.delete(name);
    this.#forget(of, name, oldest);
    return true;
  }

  #unauthenticatedFrom(address: string): Map<string, Socket> {
    const sockets = this.#unauthenticated.get(address) ?? new Map<string, Socket>();
    this.#unauthenticated.set(address, sockets);
    return sockets;
  }

  #forget(address: string, name: string, socket: Socket): void {
    const sockets = this.#unauthenticated.get(address);
    if (sockets?.get(name) !== socket) return;
    sockets.delete(name);
    if (sockets.size === 0) this.#unauthenticated.delete(address);
  }
}
