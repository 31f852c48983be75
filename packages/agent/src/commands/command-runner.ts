import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentContext } from "./agent-context.ts";
import { messageOf, stackOf } from "../error-text.ts";
import { isNoop, prepare } from "./execute.ts";
import { GroupQueues } from "./group-queues.ts";
import type { LiveOutput } from "./live-output.ts";
import type { Journal, JournalEntry, ScriptProcess } from "./journal.ts";
import type { PreparedCommand } from "./lifecycle-command.ts";
import type { CommandService, CommandStatus, HostCommand } from "../protocol/command-service.ts";
import { RequestRefused } from "../protocol/request-errors.ts";
import type { Specification } from "../protocol/specification.ts";
import {
  type CommandReport,
  completedNoop,
  diagnosticsPayload,
  failedAfterRestart,
  isDefect,
  reportOf,
  succeeded,
} from "./report.ts";
import { AgentStopping, type Retry } from "../retry.ts";
import { preforkNext } from "./run-scripts.ts";
import { endLeftScript } from "../scripts/end-script.ts";
import { dropOldest, SpecificationCache } from "./specification-cache.ts";

/** Commands that are remembered by their identifier. */
const commandsMax = 256;

/** What a command runner needs. */
export interface CommandRunnerContext {
  readonly agent: AgentContext;
  readonly service: CommandService;
  readonly journal: Journal;
  readonly retry: Retry;
  readonly logError: (line: string) => void;
  /** Sends what scripts print while they run; undefined when nothing is sent. */
  readonly liveOutput?: LiveOutput | undefined;
  /** Called each time that no command is under way any more. */
  readonly onIdle: () => void;
}

/**
 * Takes commands from their arrival to the confirmation of their report; none is executed twice (agent.md §1.4 to §1.6).
 *
 *     accept ── received ── specification ──┬── acknowledge ─────────────────┬── started ── execute ──┐
 *                                           └── queue of its group, prepare ─┘                         │
 *     settled ── confirmed by the control plane ── deliver the report ── finished ────────────────────┘
 *
 * received, started, finished and settled are what the journal is told.
 */
export class CommandRunner {
  readonly #agent: AgentContext;
  readonly #service: CommandService;
  readonly #journal: Journal;
  readonly #retry: Retry;
  readonly #logError: (line: string) => void;
  readonly #onIdle: () => void;
  readonly #liveOutput: LiveOutput | undefined;
  readonly #specifications: SpecificationCache;
  readonly #queues = new GroupQueues();
  /** Commands under way, and those settled last, by identifier: what arrives again is not run again. */
  readonly #runs = new Map<string, Promise<void>>();
  #underWay = 0;

  constructor({ agent, service, journal, retry, logError, liveOutput, onIdle }: CommandRunnerContext) {
    this.#agent = agent;
    this.#service = service;
    this.#journal = journal;
    this.#retry = retry;
    this.#logError = logError;
    this.#onIdle = onIdle;
    this.#liveOutput = liveOutput;
    const { hostIdentifier } = agent.identity;
    this.#specifications = new SpecificationCache({ service, retry, hostIdentifier, trust: agent.trust });
  }

  /** Settles what an earlier process of the agent has left: finished commands are reported, started ones failed, others executed. */
  async recover(): Promise<void> {
    for (const entry of this.#journal.unsettled()) {
      if (entry.state === "started" && entry.script !== undefined) await endLeftScript(entry.script);
      if (entry.state !== "received") this.#specifications.noteTakenUp(entry.command);
      this.#track(entry.command, this.#resume(entry));
    }
  }

  /** Takes a command up, unless it is known. Resolves when its first script runs, or none will. */
  accept(command: HostCommand): Promise<void> {
    if (this.#runs.has(command.identifier)) return Promise.resolve();
    return new Promise((onBegun) => {
      const run = this.#takeUp(command, onBegun);
      this.#track(command, run);
      run.then(onBegun, onBegun);
    });
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#runs.values());
  }

  #resume(entry: JournalEntry): Promise<void> {
    switch (entry.state) {
      case "received":
        return this.#run(entry.command);
      case "started":
        return this.#finish(entry.command, failedAfterRestart);
      case "finished":
        return this.#deliver(entry.command, entry.outcome);
    }
  }

  async #takeUp(command: HostCommand, onBegun: () => void): Promise<void> {
    this.#journal.write({ state: "received", command });
    await this.#run(command, onBegun);
  }

  async #run(command: HostCommand, onBegun = () => {}): Promise<void> {
    const place = this.#queues.arrive();
    try {
      const { specification: fetching, firstFailure } = this.#specifications.fetch(command);
      void firstFailure.then(place.release);
      const specification = await fetching;
      const hasNothingToDo = isNoop(this.#agent, { name: command.name, specification });
      const acknowledging = this.#retry(() => this.#service.acknowledge(command.identifier, hasNothingToDo));
      acknowledging.catch(() => {}); // awaited by #execute, when it is the command's turn
      const report = await place.run(specification.deploymentGroupId, () =>
        this.#execute(command, specification, { acknowledging, hasNothingToDo, onBegun }),
      );
      if (report === undefined) return this.#settle(command);
      setImmediate(() => this.#afterExecution(command, specification, report)); // the report is being sent
      await this.#deliver(command, report);
    } catch (error) {
      place.release();
      if (error instanceof AgentStopping) return;
      const report = this.#failure(command, error);
      this.#logError(`${command.name} of ${command.deploymentExecutionId} failed: ${report.message}`);
      await this.#finish(command, report);
    }
  }

  /** Executes a command once it is acknowledged, and prepares it meanwhile. Returns undefined when the control plane has settled it without this host. */
  async #execute(
    command: HostCommand,
    specification: Specification,
    {
      acknowledging,
      hasNothingToDo,
      onBegun,
    }: { acknowledging: Promise<CommandStatus | undefined>; hasNothingToDo: boolean; onBegun: () => void },
  ): Promise<CommandReport | undefined> {
    const { deploymentId } = specification;
    const { log } = this.#agent;
    const { name } = command;
    const onScriptStarted = (script: ScriptProcess) => this.#journal.write({ state: "started", command, script });
    await nextTurn(); // the acknowledgement is being sent
    const onOutput = this.#liveOutput?.of(command.identifier);
    const prepared = prepareOrFail(() => prepare(this.#agent, { name, specification, onScriptStarted, onOutput }));
    try {
      const status = await acknowledging;
      if (status === "Succeeded" || status === "Failed") {
        prepared.abandon();
        return status === "Failed" && hasNothingToDo ? this.#keepReport(command, completedNoop) : undefined;
      }
      // If this cannot be written nothing may run: a script that is unknown after a kill would run twice.
      this.#journal.write({ state: "started", command });
    } catch (error) {
      prepared.abandon();
      throw error;
    }
    log(`${deploymentId}: ${name} begins`);
    const execution = prepared.execute().then(
      () => succeeded,
      (error: unknown) => this.#failure(command, error),
    );
    onBegun();
    this.#attempt("track a deployment", () => this.#journal.track(deploymentId, command)); // its first script runs already
    const report = await execution;
    this.#liveOutput?.ended(command.identifier);
    log(`${deploymentId}: ${name} ${report.status === "Succeeded" ? "succeeded" : `failed: ${report.message}`}`);
    return this.#keepReport(command, report);
  }

  #afterExecution(command: HostCommand, specification: Specification, report: CommandReport): void {
    this.#attempt("end the tracking of a deployment", () => this.#journal.untrack(specification.deploymentId, command));
    if (report.status === "Succeeded")
      this.#attempt("have a process ready", () => preforkNext(this.#agent, specification));
  }

  async #finish(command: HostCommand, report: CommandReport): Promise<void> {
    await this.#deliver(command, this.#keepReport(command, report));
  }

  /** Returns the report of an error. Where this program is to blame, the log says where. */
  #failure(command: HostCommand, error: unknown): CommandReport {
    if (isDefect(error)) this.#logError(`${command.name} met a defect of the agent: ${stackOf(error)}`);
    return reportOf(error);
  }

  /** Writes a report down, so that it survives the agent. It is sent even when it cannot be kept. */
  #keepReport(command: HostCommand, report: CommandReport, options?: { durable: boolean }): CommandReport {
    const entry: JournalEntry = { state: "finished", command, outcome: report };
    this.#attempt("keep the state of a command", () => this.#journal.write(entry, options));
    return report;
  }

  async #deliver(command: HostCommand, report: CommandReport): Promise<void> {
    const send = () => this.#service.complete(command.identifier, report.status, diagnosticsPayload(report));
    try {
      // A control plane that cannot be reached now may stay away for longer than this host has power.
      const onFirstFailure = () => void this.#keepReport(command, report, { durable: true });
      await this.#retry(send, { onFirstFailure, isEndless: true });
    } catch (error) {
      if (error instanceof AgentStopping) return;
      if (!(error instanceof RequestRefused))
        return this.#logError(
          `The report of ${command.name} cannot be delivered before the next start: ${stackOf(error)}`,
        );
      this.#agent.log(`The report of ${command.name} was refused: ${error.message}`);
    }
    this.#settle(command);
  }

  #settle(command: HostCommand): void {
    this.#attempt("forget a settled command", () => this.#journal.settle(command));
  }

  /** Does what a command can do without, and logs when it fails. */
  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logError(`Cannot ${what}: ${messageOf(error)}`);
    }
  }

  /** Remembers a command's run. An error that nothing else has handled is reported as the command's failure. */
  #track(command: HostCommand, run: Promise<void>): void {
    const tracked = run.catch((error: unknown) => {
      this.#logError(`${command.name} of ${command.deploymentExecutionId} failed unexpectedly: ${stackOf(error)}`);
      return this.#finish(command, reportOf(error));
    });
    this.#runs.set(command.identifier, tracked);
    this.#underWay += 1;
    void tracked.then(() => {
      dropOldest(this.#runs, commandsMax);
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onIdle();
    });
  }
}

/** A command that cannot be prepared fails when it is executed. */
function prepareOrFail(make: () => PreparedCommand): PreparedCommand {
  try {
    return make();
  } catch (error) {
    return { execute: () => Promise.reject(error), abandon: () => {} };
  }
}
