import { deferred } from "../deferred.ts";
import type { CommandService } from "../protocol/command-service.ts";
import type { Trust } from "../protocol/signed-content.ts";
import { checkIsOf, readSpecification, type Specification } from "../protocol/specification.ts";
import type { Retry } from "../retry.ts";

/** Specifications that are kept, some kilobytes each: those of many deployments at once. One that was dropped is fetched again. */
const specificationsMax = 16;

/** A specification that is being fetched, or was. */
export interface FetchedSpecification {
  /** Rejects when it cannot be had, or is not to be trusted. */
  readonly specification: Promise<Specification>;
  /** Resolves when the first attempt has failed. */
  readonly firstFailure: Promise<void>;
}

/** Fetches each deployment's specification once for all of its commands. */
export class SpecificationCache {
  readonly #service: CommandService;
  readonly #trust: Trust;
  readonly #retry: Retry;
  readonly #fetched = new Map<string, FetchedSpecification>();

  constructor(service: CommandService, trust: Trust, retry: Retry) {
    this.#service = service;
    this.#trust = trust;
    this.#retry = retry;
  }

  fetch(executionId: string): FetchedSpecification {
    const known = this.#fetched.get(executionId);
    if (known !== undefined) return known;
    const { promise: firstFailure, resolve: onFirstFailure } = deferred();
    const specification = this.#retry(() => this.#service.specification(executionId), { onFirstFailure }).then(
      (envelope) => {
        const read = readSpecification(envelope, this.#trust);
        checkIsOf(read, executionId);
        return read;
      },
    );
    const fetched = { specification, firstFailure };
    this.#fetched.set(executionId, fetched);
    specification.catch(() => this.#fetched.delete(executionId));
    dropOldest(this.#fetched, specificationsMax);
    return fetched;
  }
}

/** Drops the entry that was added first when there are more than `max`. */
export function dropOldest(entries: Map<string, unknown>, max: number): void {
  const [oldest] = entries.keys();
  if (entries.size > max && oldest !== undefined) entries.delete(oldest);
}
