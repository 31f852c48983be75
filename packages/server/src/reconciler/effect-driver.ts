import type { Report, Checkpoint, Step, Target, Effect } from "@sluice/engine";
import { Retries } from "../backoff.ts";
import type { EffectOutcome } from "../gateways/outcome.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";

/** An effect without an outcome. */
interface OpenEffect {
  /** The id of the command or the step. */
  readonly id: string;
  readonly effect: Effect;
  readonly checkpoint?: Checkpoint | undefined;
  readonly progress?: string | undefined;
}

export interface EffectDriverOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly perform: (
    record: DeploymentRecord,
    effect: Effect,
    checkpoint: Checkpoint | undefined,
  ) => Promise<EffectOutcome>;
  /** Hints that a deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
  readonly onDefect: (error: unknown, deploymentId: string) => void;
}

/** How often an effect is tried again, in milliseconds. */
const retryMilliseconds = 500;

/**
 * Drives effects: calls the gateway of each open effect until it has an outcome, and records the results as reports,
 * like those of hosts. Open effects are read from the store, so a restart continues where the last process stopped.
 */
export class EffectDriver {
  readonly #options: EffectDriverOptions;
  /** Effects for which a gateway is being called now. */
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #deployments = new Set<string>();
  readonly #retries: Retries;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EffectDriverOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock);
  }

  /** How many effects a gateway is performing now. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Drives the open effects of a deployment, until there is none. */
  drive(deploymentId: string): void {
    if (this.#isClosed) return;
    const { store } = this.#options;
    const record = store.deployments.byId(deploymentId);
    const open = record === undefined ? [] : openEffects(record, store.deployments.targets(deploymentId));
    if (record === undefined || open.length === 0) {
      this.#deployments.delete(deploymentId);
      return;
    }
    this.#deployments.add(deploymentId);
    if (!this.#isPreceded(record))
      for (const effect of open)
        if (!this.#inFlight.has(effect.id) && this.#retries.isDue(effect.id)) this.#attempt(record, effect);
    this.#timer ??= setTimeout(() => this.#driveAll(), retryMilliseconds);
  }

  /** Stops calling gateways; resolves when the calls in progress have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#inFlight.values());
  }

  #driveAll(): void {
    this.#timer = undefined;
    for (const id of [...this.#deployments]) this.drive(id);
  }

  /**
   * Whether a call for the deployment that is rolled back is still in progress. It must not arrive after what the
   * rollback does: a listener cannot be changed by compare and set.
   */
  #isPreceded({ request: { rollbackOf } }: DeploymentRecord): boolean {
    return (
      rollbackOf !== undefined && [...this.#inFlight.keys()].some((id) => id.startsWith(`${rollbackOf.deploymentId}/`))
    );
  }

  #attempt(record: DeploymentRecord, open: OpenEffect): void {
    const { perform, onDefect } = this.#options;
    const asked = perform(record, open.effect, open.checkpoint)
      .then((outcome) => this.#recordOutcome(record.id, open, outcome))
      .catch((error: unknown) => onDefect(error, record.id))
      .finally(() => this.#inFlight.delete(open.id));
    this.#inFlight.set(open.id, asked);
  }

  /** Records what is new, and wakes the deployment. */
  async #recordOutcome(deploymentId: string, open: OpenEffect, outcome: EffectOutcome): Promise<void> {
    const { store, clock, wake } = this.#options;
    if (outcome.is === "under way" && outcome.isTrouble === true) this.#retries.failed(open.id);
    else this.#retries.forget(open.id);
    const isNews = outcome.is !== "under way" || outcome.checkpoint !== undefined || outcome.because !== open.progress;
    if (!isNews) return;
    const written = store.write(() => store.commands.addReport(reportOf(open.id, clock(), outcome), deploymentId));
    wake(deploymentId); // the pass shares the transaction
    await written;
  }
}

/** Returns the open effects of a deployment. */
export function openEffects({ state }: DeploymentRecord, targets: readonly Target[]): readonly OpenEffect[] {
  const steps = state.steps.filter(({ status }) => status === "InProgress").map((step) => openOf(step.effect, step));
  const open: OpenEffect[] = [...steps];
  for (const { events } of targets)
    for (const { status, command } of events)
      if (status === "InProgress" && command?.effect !== undefined) open.push(openOf(command.effect, command));
  return open;
}

function openOf(
  effect: Effect,
  { id, checkpoint, progress }: Pick<Step, "id" | "checkpoint" | "progress">,
): OpenEffect {
  return {
    id,
    effect,
    checkpoint,
    progress,
  };
}

function reportOf(commandId: string, at: number, outcome: EffectOutcome): Report {
  const { checkpoint } = outcome;
  switch (outcome.is) {
    case "under way":
      return { commandId, at, kind: "progress", because: outcome.because, checkpoint };
    case "done":
      return { commandId, at, kind: "completed", status: "Succeeded", diagnostics: succeeded, checkpoint };
    case "failed": {
      const { error } = outcome;
      const diagnostics = { ...succeeded, errorCode: "UnknownError" as const, message: error.message };
      return { commandId, at, kind: "completed", status: "Failed", error, diagnostics, checkpoint };
    }
  }
}

const succeeded = { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: "" } as const;
