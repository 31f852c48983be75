import { Fault } from "../fault.ts";

/** Bodies up to this many bytes are not counted: as many of them as there may be unauthenticated connections do not fill a server. */
const smallBytes = 64 * 1024;

/** Bytes of all unverified bodies together: a few of the largest that a service takes. */
const defaultBytesMax = 256 * 1024 * 1024;

interface UnverifiedBody {
  bytes: number;
  readonly refuse: (fault: Fault) => void;
}

/**
 * Counts the bodies that have to be read before their signature can be verified. When they exceed their common limit, the
 * oldest is refused: an honest client sends at once what it has begun, an attacker lets it lie.
 */
export class UnverifiedBodies {
  readonly #bytesMax: number;
  /** The oldest first. */
  readonly #bodies = new Set<UnverifiedBody>();
  #bytes = 0;

  constructor(bytesMax: number = defaultBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Counts a body from now on; `refuse` is called when it has to go. */
  add(refuse: (fault: Fault) => void): { readonly grow: (bytes: number) => void; readonly remove: () => void } {
    const body: UnverifiedBody = { bytes: 0, refuse };
    const remove = () => {
      if (this.#bodies.delete(body)) this.#bytes -= body.bytes;
    };
    const grow = (bytes: number) => {
      body.bytes += bytes;
      if (this.#bodies.has(body)) this.#bytes += bytes;
      else if (body.bytes > smallBytes) {
        this.#bodies.add(body);
        this.#bytes += body.bytes;
      }
      this.#refuseOldest();
    };
    return { grow, remove };
  }

  #refuseOldest(): void {
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#bodies;
      if (oldest === undefined) return;
      this.#bodies.delete(oldest);
      this.#bytes -= oldest.bytes;
      oldest.refuse(new Fault("ServiceUnavailable", "Too much has been sent at once", { status: 503 }));
    }
  }
}
