import { type Fleet, stepLimit } from "@sluice/engine";
import { Retries } from "../backoff.ts";
import { outcomeOfError } from "../gateways/outcome.ts";

export interface FleetQueriesOptions {
  readonly clock: () => number;
  /** Warns that a query has failed and will be retried; once for each series of failures. */
  readonly warn: (about: Readonly<Record<string, string>>, message: string) => void;
}

/**
 * Fleet queries. One that fails for a reason which may pass is retried, later each time, for as long as a step may
 * take; a refusal is a result at once.
 */
export class FleetQueries {
  readonly #options: FleetQueriesOptions;
  readonly #retries: Retries;

  constructor(options: FleetQueriesOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock);
  }

  /** Returns the result of a query; undefined when it is not due, or has failed and will be retried. */
  async run(deployment: string, query: string, find: () => Promise<Fleet>): Promise<Fleet | undefined> {
    const id = `${deployment}/${query}`;
    if (!this.#retries.isDue(id)) return undefined;
    try {
      const fleet = await find();
      this.#retries.forget(id);
      return fleet;
    } catch (error) {
      return this.#failed(error, { id, deployment, query });
    }
  }

  #failed(error: unknown, about: { readonly id: string; readonly deployment: string; readonly query: string }) {
    const { id, deployment, query } = about;
    const outcome = outcomeOfError(error);
    const why = outcome.is === "under way" ? outcome.because : "";
    const failing = outcome.is === "failed" ? 0 : this.#retries.failed(id);
    if (outcome.is !== "failed" && failing < stepLimit) {
      if (failing === 0)
        this.#options.warn({ deployment }, `Cannot query the fleet (${query}), and will try again: ${why}`);
      return undefined;
    }
    this.#retries.forget(id);
    if (outcome.is === "failed") return { error: outcome.error };
    const message = `It took longer than ${stepLimit / 60_000} minutes to query the fleet (${query}): ${why}`;
    return { error: { code: "TIMEOUT", message } };
  }
}
