import type { Answer, Noted, Step, Target, Work } from "@sluice/engine";
import { Retries } from "../backoff.ts";
import type { WorkOutcome } from "../gateways/outcome.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import type { Store } from "../store/index.ts";

/** A piece of the service's own work that has no outcome yet. */
interface OpenWork {
  /** Of the command or the step. */
  readonly id: string;
  readonly work: Work;
  readonly noted?: Noted;
  readonly progress?: string;
}

/** What the work is done with. */
export interface ServiceWorkOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly perform: (record: DeploymentRecord, work: Work, noted: Noted | undefined) => Promise<WorkOutcome>;
  /** Hints that a deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
  readonly onDefect: (error: unknown, deploymentId: string) => void;
}

/** How often a gateway is asked how its work stands, in milliseconds. */
const askMilliseconds = 500;

/** Does what the service itself has to do: asks gateways for each open piece of work until it has an outcome, and writes down what they say as hosts' answers are. What is open is read from the store, so a restart goes on where the last process was. */
export class ServiceWork {
  readonly #options: ServiceWorkOptions;
  /** Work that a gateway is busy with now. */
  readonly #asked = new Map<string, Promise<void>>();
  readonly #deployments = new Set<string>();
  readonly #retries: Retries;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ServiceWorkOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock);
  }

  /** Sees to the open work of a deployment, now and until there is none. */
  pursue(deploymentId: string): void {
    if (this.#isClosed) return;
    const { store } = this.#options;
    const record = store.deployments.byId(deploymentId);
    const open = record === undefined ? [] : openWork(record, store.deployments.targets(deploymentId));
    if (record === undefined || open.length === 0) {
      this.#deployments.delete(deploymentId);
      return;
    }
    this.#deployments.add(deploymentId);
    for (const work of open) if (!this.#asked.has(work.id) && this.#retries.isDue(work.id)) this.#ask(record, work);
    this.#timer ??= setTimeout(() => this.#round(), askMilliseconds);
  }

  /** Asks nobody any more; resolves when those that have been asked have answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#asked.values());
  }

  #round(): void {
    this.#timer = undefined;
    for (const id of [...this.#deployments]) this.pursue(id);
  }

  #ask(record: DeploymentRecord, open: OpenWork): void {
    const { perform, onDefect } = this.#options;
    const asked = perform(record, open.work, open.noted)
      .then((outcome) => this.#note(record.id, open, outcome))
      .catch((error: unknown) => onDefect(error, record.id))
      .finally(() => this.#asked.delete(open.id));
    this.#asked.set(open.id, asked);
  }

  /** Writes down what is new; a deployment whose work has got further makes a pass. */
  async #note(deploymentId: string, open: OpenWork, outcome: WorkOutcome): Promise<void> {
    const { store, clock, wake } = this.#options;
    if (outcome.is === "under way" && outcome.isTrouble === true) this.#retries.failed(open.id);
    else this.#retries.forget(open.id);
    const isNews = outcome.is !== "under way" || outcome.noted !== undefined || outcome.because !== open.progress;
    if (!isNews) return;
    const written = store.write(() => store.commands.answer(answerOf(open.id, clock(), outcome), deploymentId));
    wake(deploymentId); // the pass shares the transaction
    await written;
  }
}

/** What of a deployment gateways have to do now. */
export function openWork({ state }: DeploymentRecord, targets: readonly Target[]): readonly OpenWork[] {
  const steps = state.steps.filter(({ status }) => status === "InProgress").map((step) => openOf(step.work, step));
  const open: OpenWork[] = [...steps];
  for (const { events } of targets)
    for (const { status, command } of events)
      if (status === "InProgress" && command?.work !== undefined) open.push(openOf(command.work, command));
  return open;
}

function openOf(work: Work, { id, noted, progress }: Pick<Step, "id" | "noted" | "progress">): OpenWork {
  return {
    id,
    work,
    ...(noted === undefined ? {} : { noted }),
    ...(progress === undefined ? {} : { progress }),
  };
}

function answerOf(commandId: string, at: number, outcome: WorkOutcome): Answer {
  const noted = outcome.noted === undefined ? {} : { noted: outcome.noted };
  switch (outcome.is) {
    case "under way":
      return { commandId, at, kind: "progress", because: outcome.because, ...noted };
    case "done":
      return { commandId, at, kind: "completed", status: "Succeeded", diagnostics: succeeded, ...noted };
    case "failed": {
      const { error } = outcome;
      const diagnostics = { ...succeeded, errorCode: "UnknownError" as const, message: error.message };
      return { commandId, at, kind: "completed", status: "Failed", error, diagnostics, ...noted };
    }
  }
}

const succeeded = { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: "" } as const;
