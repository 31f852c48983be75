import type { Entry, Lease } from "./journal.ts";
import { requireSafeWay } from "./node-address.ts";
import { AskWriter } from "./peers/ask-writer.ts";

export interface FollowWriterOptions {
  readonly key: Uint8Array;
  readonly authority: string | undefined;
  /** The network between the nodes is theirs alone: they may talk over plain HTTP. */
  readonly isInsecure?: boolean | undefined;
  readonly onEntry: (entry: Entry) => void;
  /** Told of each connection, and with undefined when it has ended. */
  readonly onConnection: (writer: AskWriter | undefined) => void;
  readonly onTrouble: (cause: unknown, doing: string) => void;
}

/** Keeps the connection to the node that writes, whichever that is. */
export class FollowWriter {
  readonly #options: FollowWriterOptions;
  #term = 0;
  /** Counts how often the connection was given up: one that is there after that is not wanted. */
  #left = 0;
  #writer: AskWriter | undefined;
  #isConnecting = false;

  constructor(options: FollowWriterOptions) {
    this.#options = options;
  }

  /** Sees to it that there is a connection to the holder of a lease. A lost connection is no lost lease: it is tried again with the next call. */
  see(lease: Lease | undefined): void {
    if (lease === undefined || lease.isOver) return;
    if (lease.term > this.#term) this.leave();
    if (this.#writer !== undefined || this.#isConnecting) return;
    this.#term = lease.term;
    void this.#connect(lease);
  }

  /** Ends the connection. */
  leave(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#left += 1;
    writer?.close();
  }

  async #connect({ address, term }: Lease): Promise<void> {
    const { key, authority, isInsecure, onEntry, onConnection, onTrouble } = this.#options;
    this.#isConnecting = true;
    const left = this.#left;
    try {
      requireSafeWay(address, isInsecure);
      const writer: AskWriter = await AskWriter.connect(address, {
        ...{ key, authority, onEntry },
        onGone: () => {
          if (this.#writer !== writer) return;
          this.#writer = undefined;
          onConnection(undefined);
        },
      });
      if (term !== this.#term || left !== this.#left || writer.isGone) return writer.close();
      this.#writer = writer;
      onConnection(writer);
    } catch (cause) {
      onTrouble(cause, `reach the node that writes, at ${address}`);
    } finally {
      this.#isConnecting = false;
    }
  }
}
