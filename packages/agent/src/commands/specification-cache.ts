import { randomBytes } from "node:crypto";
import { deferred } from "../deferred.ts";
import { checkBinding } from "../protocol/binding.ts";
import type { CommandService, HostCommand } from "../protocol/command-service.ts";
import type { Trust } from "../protocol/signed-content.ts";
import { readSpecification, type Specification } from "../protocol/specification.ts";
import type { Retry } from "../retry.ts";

/** The most cached specifications, of some kilobytes each: those of many concurrent deployments. One that was dropped is fetched again. */
const specificationsMax = 16;

/** The most deployments whose commands are remembered: far more than a host has at once. */
const deploymentsMax = 256;

/** How long a bound specification is used for later commands, in milliseconds. Then the control plane is asked again which commands it wants run. */
const freshMilliseconds = 120_000;

/** A specification that is being fetched or was fetched. */
export interface FetchedSpecification {
  /** Rejects when it cannot be fetched, is not to be trusted, or does not have the command. */
  readonly specification: Promise<Specification>;
  /** Resolves when the first attempt has failed. */
  readonly firstFailure: Promise<void>;
}

interface CachedSpecification extends FetchedSpecification {
  readonly fetchedAt: number;
  /** The specification, once it has arrived. */
  read?: Specification;
}

/** What a specification cache needs. */
export interface SpecificationContext {
  readonly service: Pick<CommandService, "specification">;
  readonly retry: Retry;
  readonly hostIdentifier: string;
  readonly trust: Trust;
  /** A monotonic clock, in milliseconds: an attacker on the network may be able to set the time of day. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Fetches each deployment's specification for all of its commands. Commands themselves are not signed: a bound
 * specification says which of them the control plane wants run, and each is taken up once.
 */
export class SpecificationCache {
  readonly #context: SpecificationContext;
  readonly #clock: () => number;
  readonly #cached = new Map<string, CachedSpecification>();
  /** The names of the commands that were taken up, by deployment. A new specification does not allow them again. */
  readonly #takenUp = new Map<string, Set<string>>();

  constructor(context: SpecificationContext) {
    this.#context = context;
    this.#clock = context.clock ?? (() => performance.now());
  }

  /** Returns the specification for a command, which counts as taken up from then on. */
  fetch(command: HostCommand): FetchedSpecification {
    const { deploymentExecutionId, name } = command;
    const known = this.#cached.get(deploymentExecutionId);
    const cached =
      known !== undefined && serves(known, name, this.#clock()) ? known : this.#fetch(deploymentExecutionId);
    const specification = cached.specification.then((read) => {
      this.#takeUp(command, read);
      return read;
    });
    return { specification, firstFailure: cached.firstFailure };
  }

  /** Remembers a command that an earlier agent process has taken up. */
  noteTakenUp({ deploymentExecutionId, name }: HostCommand): void {
    const takenUp = this.#takenUp.get(deploymentExecutionId) ?? new Set();
    this.#takenUp.set(deploymentExecutionId, takenUp.add(name));
    dropOldest(this.#takenUp, deploymentsMax);
  }

  /** Throws when a bound specification has no such command, or it was taken up before. */
  #takeUp(command: HostCommand, { binding, deploymentId }: Specification): void {
    if (binding === undefined) return;
    const { deploymentExecutionId, name } = command;
    const isAgain = this.#takenUp.get(deploymentExecutionId)?.has(name) === true;
    if (isAgain || !binding.lifecycleEvents.includes(name))
      throw new Error(
        `Cannot trust the command ${JSON.stringify(name.slice(0, 100))}: the control plane does not want it run here for deployment ${deploymentId}, or has told it before. Somebody between this host and its control plane may have made it up`,
      );
    this.noteTakenUp(command);
  }

  #fetch(deploymentExecutionId: string): CachedSpecification {
    const { service, retry, hostIdentifier, trust } = this.#context;
    // Only our control plane binds specifications. AWS's service gets the requests of its own agents.
    const nonce = trust.signers === undefined ? undefined : randomBytes(24).toString("base64url");
    const { promise: firstFailure, resolve: onFirstFailure } = deferred();
    const fetching = retry(() => service.specification(deploymentExecutionId, nonce), { onFirstFailure });
    const specification = fetching.then((envelope) => {
      const read = readSpecification(envelope, trust);
      checkBinding(read, { deploymentExecutionId, hostIdentifier, nonce });
      return (cached.read = read);
    });
    const cached: CachedSpecification = { specification, firstFailure, fetchedAt: this.#clock() };
    this.#cached.delete(deploymentExecutionId);
    this.#cached.set(deploymentExecutionId, cached);
    specification.catch(
      () => this.#cached.get(deploymentExecutionId) === cached && this.#cached.delete(deploymentExecutionId),
    );
    dropOldest(this.#cached, specificationsMax);
    return cached;
  }
}

/** Whether a specification that was fetched before may be used for a command. */
function serves({ read, fetchedAt }: CachedSpecification, name: string, now: number): boolean {
  if (read?.binding === undefined) return true; // it is still being fetched, or is not bound
  if (now - fetchedAt > freshMilliseconds || !read.binding.lifecycleEvents.includes(name)) return false;
  // An object that is named by its key only may have changed since, and with it the digest in the binding.
  const { revision } = read;
  return name !== "DownloadBundle" || revision.type !== "S3" || (revision.version ?? revision.eTag) !== undefined;
}

/** Drops the entry that was added first when there are more than `max`. */
export function dropOldest(entries: Map<string, unknown>, max: number): void {
  const [oldest] = entries.keys();
  if (entries.size > max && oldest !== undefined) entries.delete(oldest);
}
