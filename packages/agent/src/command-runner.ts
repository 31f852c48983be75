import { setImmediate as nextTurn } from "node:timers/promises";
import { deferred } from "./deferred.ts";
import { messageOf, stackOf } from "./error-text.ts";
import { getReady, type Host, isNoop, type Prepared, prepare } from "./execute.ts";
import type { Entry, Journal, ScriptProcess } from "./journal.ts";
import {
  completedNoop,
  diagnosticsPayload,
  failedAfterRestart,
  isDefect,
  type Outcome,
  outcomeOf,
  succeeded,
} from "./outcome.ts";
import type { CommandService, CommandStatus, HostCommand } from "./protocol/command-service.ts";
import { checkIsOf, readSpecification, type Specification } from "./protocol/specification.ts";
import { RequestRefused } from "./protocol/troubles.ts";
import { type Retry, Stopping } from "./retry.ts";
import { endLeftScript } from "./scripts/end-script.ts";

/** Settled commands that are remembered: what arrives again is not taken up again. */
const commandsMax = 256;

/** Specifications that are kept in memory, some kilobytes each: those of many deployments at once. One that was forgotten is asked for again. */
const specificationsMax = 16;

/** A specification that has been asked for. */
interface Asked {
  readonly read: Promise<Specification>;
  /** Resolves when it has not come at the first attempt. */
  readonly failing: Promise<void>;
}

/** Takes commands from their arrival to the confirmation of their outcome; none is executed twice (agent.md §1.4 to §1.6). */
export class CommandRunner {
  readonly #host: Host;
  readonly #service: CommandService;
  readonly #journal: Journal;
  readonly #retry: Retry;
  /** Commands under way and settled ones, by identifier: what arrives again is not taken up again. */
  readonly #known = new Map<string, Promise<void>>();
  readonly #specifications = new Map<string, Asked>();
  /** The last command of each deployment group: its commands run one after the other, in the order in which they have arrived. */
  readonly #queues = new Map<string, Promise<void>>();
  /** Resolves when every command that has arrived is in its queue. Only a specification tells which that is: one that fails to come at first is waited for by nobody else. */
  #placed: Promise<unknown> = Promise.resolve();

  readonly #logError: (line: string) => void;
  readonly #whenIdle: () => void;
  #underWay = 0;

  /** `whenIdle` is told each time that nothing is under way any more. */
  constructor({
    host,
    service,
    journal,
    retry,
    logError,
    whenIdle,
  }: {
    host: Host;
    service: CommandService;
    journal: Journal;
    retry: Retry;
    logError: (line: string) => void;
    whenIdle: () => void;
  }) {
    this.#whenIdle = whenIdle;
    this.#host = host;
    this.#service = service;
    this.#journal = journal;
    this.#retry = retry;
    this.#logError = logError;
  }

  /** Settles what an earlier life of the agent has left: ended commands are reported, begun ones failed, others executed. */
  async recover(): Promise<void> {
    for (const entry of this.#journal.unsettled()) {
      if (entry.state === "started" && entry.script !== undefined) await endLeftScript(entry.script);
      this.#keep(entry.command, this.#resume(entry));
    }
  }

  /** Takes a command up. A command that is known already is left alone. Resolves when it is executed, or will not be. */
  accept(command: HostCommand): Promise<void> {
    if (this.#known.has(command.identifier)) return Promise.resolve();
    return new Promise((begun) => {
      const run = this.#takeUp(command, begun);
      this.#keep(command, run);
      run.then(begun, begun);
    });
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#known.values());
  }

  #resume(entry: Entry): Promise<void> {
    switch (entry.state) {
      case "received":
        return this.#run(entry.command);
      case "started":
        return this.#finish(entry.command, failedAfterRestart);
      case "finished":
        return this.#deliver(entry.command, entry.outcome);
    }
  }

  async #takeUp(command: HostCommand, begun: () => void): Promise<void> {
    this.#journal.write({ state: "received", command });
    await this.#run(command, begun);
  }

  async #run(command: HostCommand, begun = () => {}): Promise<void> {
    const before = this.#placed;
    const place = deferred();
    this.#placed = Promise.all([before, place.promise]);
    try {
      const { read, failing } = this.#specification(command.deploymentExecutionId);
      void failing.then(place.resolve);
      const specification = await read;
      const noop = isNoop(this.#host, { name: command.name, specification });
      const answer = this.#retry(() => this.#service.acknowledge(command.identifier, noop));
      answer.catch(() => {}); // awaited below, when the command's turn has come
      await before;
      const turn = this.#inTurn(specification.deploymentGroupId, () =>
        this.#execute(command, specification, { answer, noop, begun }),
      );
      place.resolve();
      const outcome = await turn;
      if (outcome === undefined) return this.#settle(command);
      setImmediate(() => this.#afterwards(command, specification, outcome)); // the outcome is on its way
      await this.#deliver(command, outcome);
    } catch (error) {
      place.resolve();
      if (error instanceof Stopping) return;
      const outcome = this.#failed(command, error);
      this.#logError(`${command.name} of ${command.deploymentExecutionId} failed: ${outcome.message}`);
      await this.#finish(command, outcome);
    }
  }

  #afterwards(command: HostCommand, specification: Specification, outcome: Outcome): void {
    this.#trying("end the tracking of a deployment", () => this.#journal.untrack(specification.deploymentId, command));
    if (outcome.status === "Succeeded") this.#trying("have a process ready", () => getReady(this.#host, specification));
  }

  /** Executes a command when its acknowledgement is answered, and gets everything ready meanwhile. Gives what is to be told; undefined when the control plane has settled the command without this host. */
  async #execute(
    command: HostCommand,
    specification: Specification,
    { answer, noop, begun }: { answer: Promise<CommandStatus | undefined>; noop: boolean; begun: () => void },
  ): Promise<Outcome | undefined> {
    const { deploymentId } = specification;
    const { log } = this.#host;
    const { name } = command;
    const started = (script: ScriptProcess) => this.#journal.write({ state: "started", command, script });
    await nextTurn(); // the acknowledgement is on its way
    const prepared = attempt(() => prepare(this.#host, { name, specification, started }));
    const status = await answer.catch((error: unknown) => {
      prepared.drop();
      throw error;
    });
    if (status === "Succeeded" || status === "Failed") {
      prepared.drop();
      return status === "Failed" && noop ? this.#keepOutcome(command, completedNoop) : undefined;
    }
    try {
      this.#journal.write({ state: "started", command });
    } catch (error) {
      prepared.drop();
      throw error; // a script of which nobody knows after a kill would run twice
    }
    log(`${deploymentId}: ${name} begins`);
    const execution = prepared.execute().then(
      () => succeeded,
      (error: unknown) => this.#failed(command, error),
    );
    begun();
    this.#trying("track a deployment", () => this.#journal.track(deploymentId, command)); // its first script runs already
    const outcome = await execution;
    log(`${deploymentId}: ${name} ${outcome.status === "Succeeded" ? "succeeded" : `failed: ${outcome.message}`}`);
    return this.#keepOutcome(command, outcome);
  }

  /** The outcome is kept before it is told, and the command forgotten when it has been heard. */
  async #finish(command: HostCommand, outcome: Outcome): Promise<void> {
    await this.#deliver(command, this.#keepOutcome(command, outcome));
  }

  /** What there is to be told of an error. Where this program is to blame, the log says where. */
  #failed(command: HostCommand, error: unknown): Outcome {
    if (isDefect(error)) this.#logError(`${command.name} met a defect of the agent: ${stackOf(error)}`);
    return outcomeOf(error);
  }

  #keepOutcome(command: HostCommand, outcome: Outcome): Outcome {
    this.#note({ state: "finished", command, outcome });
    return outcome;
  }

  /** An outcome is told even when it cannot be kept. */
  #note(entry: Entry, options?: { durable: boolean }): void {
    this.#trying("keep the state of a command", () => this.#journal.write(entry, options));
  }

  /** Does something without which a command can go on. */
  #trying(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logError(`Cannot ${what}: ${messageOf(error)}`);
    }
  }

  async #deliver(command: HostCommand, outcome: Outcome): Promise<void> {
    const tell = () => this.#service.complete(command.identifier, outcome.status, diagnosticsPayload(outcome));
    try {
      // Whoever cannot be reached now may be away for longer than this host has power.
      const onFirstFailure = () => this.#note({ state: "finished", command, outcome }, { durable: true });
      await this.#retry(tell, { onFirstFailure, isEndless: true });
    } catch (error) {
      if (error instanceof Stopping) return;
      if (!(error instanceof RequestRefused))
        return this.#logError(`The outcome of ${command.name} cannot be told before the next start: ${stackOf(error)}`);
      this.#host.log(`The outcome of ${command.name} is not wanted: ${error.message}`);
    }
    this.#settle(command);
  }

  #settle(command: HostCommand): void {
    this.#trying("forget a settled command", () => this.#journal.settle(command));
  }

  #specification(executionId: string): Asked {
    const kept = this.#specifications.get(executionId);
    if (kept !== undefined) return kept;
    const { promise: failing, resolve } = deferred();
    const envelope = this.#retry(() => this.#service.specification(executionId), { onFirstFailure: resolve });
    const read = envelope.then((found) => {
      const specification = readSpecification(found, this.#host.trust);
      checkIsOf(specification, executionId);
      return specification;
    });
    const asked = { read, failing };
    this.#specifications.set(executionId, asked);
    read.catch(() => this.#specifications.delete(executionId));
    forgetOldest(this.#specifications, specificationsMax);
    return asked;
  }

  #inTurn<Result>(groupId: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#queues.get(groupId) ?? Promise.resolve()).then(work);
    const done = turn.then(
      () => {},
      () => {}, // its own caller reports it; the next in the queue only waits
    );
    this.#queues.set(groupId, done);
    void done.then(() => this.#queues.get(groupId) === done && this.#queues.delete(groupId));
    return turn;
  }

  /** Watches over a command to its end: whatever goes wrong that nothing else has an answer to, the command has failed with it. */
  #keep(command: HostCommand, run: Promise<void>): void {
    const watched = run.catch((error: unknown) => {
      this.#logError(`${command.name} of ${command.deploymentExecutionId} failed unexpectedly: ${stackOf(error)}`);
      return this.#finish(command, outcomeOf(error));
    });
    this.#known.set(command.identifier, watched);
    this.#underWay += 1;
    // What is under way is never forgotten: only what has ended may be.
    void watched.then(() => {
      forgetOldest(this.#known, commandsMax);
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle();
    });
  }
}

/** What cannot be got ready fails when it is executed. */
function attempt(make: () => Prepared): Prepared {
  try {
    return make();
  } catch (error) {
    return { execute: () => Promise.reject(error), drop: () => {} };
  }
}

function forgetOldest(kept: Map<string, unknown>, max: number): void {
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) kept.delete(oldest);
}
