import type { Diagnostics, Target } from "@sluice/engine";
import type { OverLimit } from "./limits.ts";

/** How many deployments are counted at once: more than are usually in progress. */
const countedMax = 256;

/** What a log ends with that had to be cut. */
const cut = "[cut: this deployment's logs have reached their limit]";

/** Bounds what the hosts of a deployment leave of logs in all: the first come, and later ones are cut. */
export class LogBudget {
  readonly #bytesMax: number;
  readonly #targetsOf: (deploymentId: string) => readonly Target[];
  readonly #onOver: OverLimit;
  readonly #used = new Map<string, number>();

  constructor(bytesMax: number, targetsOf: (deploymentId: string) => readonly Target[], onOver: OverLimit) {
    this.#bytesMax = bytesMax;
    this.#targetsOf = targetsOf;
    this.#onOver = onOver;
  }

  /** Returns diagnostics with as much of their log as a deployment may still have. */
  take(deploymentId: string, diagnostics: Diagnostics): Diagnostics {
    const { logTail } = diagnostics;
    const bytes = Buffer.byteLength(logTail);
    const used = this.#used.get(deploymentId) ?? this.#stored(deploymentId);
    const left = Math.max(0, this.#bytesMax - used);
    this.#used.delete(deploymentId);
    this.#used.set(deploymentId, used + Math.min(bytes, left));
    const [oldest] = this.#used.keys();
    if (this.#used.size > countedMax && oldest !== undefined) this.#used.delete(oldest);
    if (bytes <= left) return diagnostics;
    this.#onOver("logBytes", deploymentId);
    // The end of a log says most. A character that is cut in two becomes a replacement character.
    const end = left === 0 ? "" : `\n${Buffer.from(logTail).subarray(-left).toString("utf8")}`;
    return { ...diagnostics, logTail: `${cut}${end}` };
  }

  #stored(deploymentId: string): number {
    let bytes = 0;
    for (const { events } of this.#targetsOf(deploymentId))
      for (const { diagnostics } of events) bytes += Buffer.byteLength(diagnostics?.logTail ?? "");
    return bytes;
  }
}
