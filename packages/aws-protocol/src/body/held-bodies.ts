import { Fault } from "../fault.ts";

/** Bodies up to this many bytes are not counted: as many of them as there may be connections do not fill a server. */
export const smallBodyBytes = 16 * 1024;

/** Bytes of all bodies together that services hold: some of the largest, which bring a function's code. */
const defaultBytesMax = 512 * 1024 * 1024;

/** A body that is counted until it is released. */
export interface HeldBody {
  readonly release: () => void;
}

interface WaitingBody {
  readonly caller: string;
  readonly bytes: number;
  readonly enter: (body: HeldBody) => void;
}

/**
 * Counts the bodies that services are given as a whole, from before they are read until they are answered. Who proves a key
 * may do nothing with it, and hold much all the same. There is a common limit, and half of it for one caller: the next body
 * is not read before there is room for it, so its client waits as at a slow network.
 */
export class HeldBodies {
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #bytesOf = new Map<string, number>();
  /** The oldest first. */
  readonly #waiting = new Set<WaitingBody>();

  constructor(bytesMax: number = defaultBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Counts a body as soon as there is room for it. Rejects with a Fault when there is none within so many milliseconds. */
  enter(caller: string, bytes: number, millisecondsMax: number): Promise<HeldBody> {
    if (this.#hasRoom(caller, bytes)) return Promise.resolve(this.#hold(caller, bytes));
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(waiting);
        reject(new Fault("ServiceUnavailable", "Too much is being sent at once", { status: 503 }));
      };
      const patience = setTimeout(giveUp, millisecondsMax);
      const waiting: WaitingBody = {
        caller,
        bytes,
        enter: (body) => {
          clearTimeout(patience);
          resolve(body);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  #hasRoom(caller: string, bytes: number): boolean {
    if (this.#bytes === 0) return true;
    const own = this.#bytesOf.get(caller) ?? 0;
    return this.#bytes + bytes <= this.#bytesMax && (own === 0 || own + bytes <= this.#bytesMax / 2);
  }

  #hold(caller: string, bytes: number): HeldBody {
    this.#count(caller, bytes);
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#count(caller, -bytes);
        this.#letIn();
      },
    };
  }

  #count(caller: string, bytes: number): void {
    this.#bytes += bytes;
    const own = (this.#bytesOf.get(caller) ?? 0) + bytes;
    if (own === 0) this.#bytesOf.delete(caller);
    else this.#bytesOf.set(caller, own);
  }

  #letIn(): void {
    for (const waiting of this.#waiting) {
      const { caller, bytes, enter } = waiting;
      if (!this.#hasRoom(caller, bytes)) continue;
      this.#waiting.delete(waiting);
      enter(this.#hold(caller, bytes));
    }
  }
}
