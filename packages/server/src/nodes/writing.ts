import type { Service, ServiceRequest, ServiceResponse } from "@sluice/aws-protocol";
import type { Database } from "../store/database.ts";
import type { Here } from "./shared-services.ts";
import { type Term, TermOver } from "./term.ts";
import type { Timing } from "./timing.ts";

/** How long an answer waits until what it tells is kept, in milliseconds. */
const keptMilliseconds = 5_000;

/** How long a call of another service waits for that, in milliseconds: nobody waits for it. */
const callMilliseconds = 60_000;

/**
 * The one rule of a node that writes: nothing leaves it before all that it may have seen is kept, and while it is not
 * sure that it still writes. This is the gate for answers and for calls of other services.
 */
export class KeptFirst {
  readonly #term: Term;
  readonly #database: Database;
  readonly #timing: Timing;

  constructor(term: Term, database: Database, timing: Timing) {
    this.#term = term;
    this.#database = database;
    this.#timing = timing;
  }

  /** Resolves when what is known here may be told; undefined when that is so already. Throws `TermOver`. */
  readonly beforeAnswers = (): Promise<void> | undefined => this.#wait(keptMilliseconds);

  /** As `beforeAnswers`, with more patience. */
  readonly beforeCalls = (): Promise<void> | undefined => this.#wait(callMilliseconds);

  #wait(milliseconds: number): Promise<void> | undefined {
    if (this.#term.isSure && this.#database.kept === undefined) return undefined;
    return this.#untilMayTell(milliseconds);
  }

  async #untilMayTell(milliseconds: number): Promise<void> {
    const until = this.#timing.now() + milliseconds;
    const { kept } = this.#database;
    if (kept !== undefined) {
      const isKept = await Promise.race([kept.then(() => true), this.#timing.patience(milliseconds)]);
      if (isKept !== true) throw new TermOver("What has been changed is not kept yet");
    }
    await this.#term.sure(until - this.#timing.now());
  }
}

/** What a node answers with in one term. */
export function answersOf(term: Term, gate: KeptFirst, services: readonly Service[]): Here & { stop(): void } {
  const byName = new Map(services.map((service) => [service.name, service]));
  let isStopped = false;
  /** Requests that are under way: when the term is over, nobody can be told what becomes of them here. */
  const open = new Set<(cause: Error) => void>();
  void term.over.then(() => {
    for (const leave of open) leave(new TermOver("This node no longer writes"));
  });
  const untilOver = (serving: Promise<ServiceResponse>): Promise<ServiceResponse> =>
    new Promise((resolve, reject) => {
      open.add(reject);
      serving.then(resolve, reject).finally(() => open.delete(reject));
    });
  return {
    /** Polls that end from now on are held on by the next node that writes. */
    stop: () => void (isStopped = true),
    get isOver() {
      return term.isOver;
    },
    async serve(name: string, request: ServiceRequest): Promise<ServiceResponse> {
      const service = byName.get(name);
      if (service === undefined || term.isOver) throw new TermOver("This node does not write");
      const response = await untilOver(service.serve(request));
      const waiting = gate.beforeAnswers();
      if (waiting !== undefined) await waiting;
      if (isStopped && response.operation === "PollHostCommand") throw new TermOver("This node lets another one write");
      return response;
    },
  };
}
