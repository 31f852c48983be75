import { Fault } from "./fault.ts";

/** Bodies up to this many bytes are not counted: as many as there may be connections of strangers at once do not fill a server. */
const smallBytes = 64 * 1024;

/** Of all bodies that nobody has proved to be of somebody with a key, this many bytes are held: a few of the largest that a service takes. */
const heldBytesMax = 256 * 1024 * 1024;

interface Held {
  bytes: number;
  readonly refuse: (fault: Fault) => void;
}

/**
 * Bodies that have to be read before their signature can be proved. Together they have a limit; where they reach it, the one
 * that has taken longest has to go: who means well sends what was begun, who does not lets it lie.
 */
export class HeldBodies {
  readonly #bytesMax: number;
  /** The oldest first. */
  readonly #held = new Set<Held>();
  #bytes = 0;

  constructor(bytesMax: number = heldBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Takes a body in; `refuse` is called when it has to go. */
  enter(refuse: (fault: Fault) => void): { readonly add: (bytes: number) => void; readonly leave: () => void } {
    const one: Held = { bytes: 0, refuse };
    const leave = () => {
      if (this.#held.delete(one)) this.#bytes -= one.bytes;
    };
    const add = (bytes: number) => {
      one.bytes += bytes;
      if (this.#held.has(one)) this.#bytes += bytes;
      else if (one.bytes > smallBytes) {
        this.#held.add(one);
        this.#bytes += one.bytes;
      }
      this.#makeRoom();
    };
    return { add, leave };
  }

  #makeRoom(): void {
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#held;
      if (oldest === undefined) return;
      this.#held.delete(oldest);
      this.#bytes -= oldest.bytes;
      oldest.refuse(new Fault("ServiceUnavailable", "Too much has been sent at once", { status: 503 }));
    }
  }
}
