import type { Socket } from "node:net";

/** Told to a connection's socket when a signature that came over it has been proved: whoever is there has a key. */
export const proved = Symbol("proved");

/** How many connections a server keeps. */
export interface ConnectionLimitsOptions {
  /** Of all. */
  readonly connectionsMax: number;
  /** Of those from one address over which nothing signed has come yet. */
  readonly strangersMax: number;
}

/**
 * Far above any fleet's size, and below what systems usually let a process open. Thousands of agents may be behind one
 * address, and may all come back in the same second: until each of them has signed its first request they are strangers.
 */
export const defaultConnectionLimits: ConnectionLimitsOptions = { connectionsMax: 20_000, strangersMax: 4_096 };

/**
 * Keeps room for those who have a key. Where there are too many connections, the oldest one over which nothing signed has
 * come has to go, first of the same address: somebody who opens connections without end takes them from nobody else.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #open = new Set<string>();
  /** Strangers by address, the oldest first. */
  readonly #strangers = new Map<string, Map<string, Socket>>();

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** Takes a connection in. What TLS makes of one is the same connection still. */
  enter(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return; // not from the network
    const name = `${remoteAddress} ${remotePort}`;
    if (this.#strangers.get(remoteAddress)?.get(name) === socket) return;
    if (!this.#open.has(name) && !this.#hasRoom(remoteAddress)) return void socket.destroy();
    this.#open.add(name);
    this.#strangersOf(remoteAddress).set(name, socket);
    socket.once(proved, () => this.#forget(remoteAddress, name, socket));
    socket.once("close", () => {
      this.#open.delete(name);
      this.#forget(remoteAddress, name, socket);
    });
  }

  /** Whether there is room for one more from an address, once the oldest stranger has gone where it has to. */
  #hasRoom(address: string): boolean {
    const { connectionsMax, strangersMax } = this.#options;
    const own = this.#strangers.get(address);
    const isFull = this.#open.size >= connectionsMax;
    if (!isFull && (own?.size ?? 0) < strangersMax) return true;
    const [of, strangers] = own === undefined ? (this.#strangers.entries().next().value ?? []) : [address, own];
    const [name, oldest] = strangers?.entries().next().value ?? [];
    if (of === undefined || name === undefined || oldest === undefined) return false;
    oldest.destroy();
    this.#open.delete(name);
    this.#forget(of, name, oldest);
    return true;
  }

  #strangersOf(address: string): Map<string, Socket> {
    const found = this.#strangers.get(address) ?? new Map<string, Socket>();
    this.#strangers.set(address, found);
    return found;
  }

  #forget(address: string, name: string, socket: Socket): void {
    const strangers = this.#strangers.get(address);
    if (strangers?.get(name) !== socket) return;
    strangers.delete(name);
    if (strangers.size === 0) this.#strangers.delete(address);
  }
}
