import type { Specification } from "../protocol/specification.ts";
import type { Gate } from "./gate.ts";

/** How long a gate stands ready for a script that may never come, in milliseconds: between two events of a deployment. */
const patienceMilliseconds = 2_000;

/** A gate that stands ready for the next script of the deployment that runs. */
export class SpareGate {
  #spare: { readonly specification: Specification; readonly gate: Gate; readonly timer: NodeJS.Timeout } | undefined;

  /** Has one stand ready for a deployment, and none for another. */
  keep(specification: Specification, open: () => Gate | undefined): void {
    if (this.#spare?.specification === specification) return void this.#spare.timer.refresh();
    this.close();
    const gate = open();
    if (gate === undefined) return;
    const timer = setTimeout(() => this.close(), patienceMilliseconds).unref();
    this.#spare = { specification, gate, timer };
    // One that somebody has ended is none.
    void gate.exit.then(() => this.#spare?.gate === gate && this.close());
  }

  /** The one that stands ready for a deployment, which is now the caller's. */
  take(specification: Specification): Gate | undefined {
    const spare = this.#spare;
    if (spare?.specification !== specification) return undefined;
    this.#spare = undefined;
    clearTimeout(spare.timer);
    return spare.gate;
  }

  /** Lets it end. */
  close(): void {
    clearTimeout(this.#spare?.timer);
    this.#spare?.gate.close();
    this.#spare = undefined;
  }
}
