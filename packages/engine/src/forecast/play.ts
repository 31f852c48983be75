import { isOver } from "../rules/ending.ts";
import type { Checkpoint } from "../model/effect.ts";
import { advance } from "../decide.ts";
import type { Decision, DecisionOf } from "../decision.ts";
import { evolveAll } from "../evolve.ts";
import { applyReports } from "../reports.ts";
import { nextOnTarget } from "../target.ts";
import { targetOf } from "../target-index.ts";
import type { HoldName, LifecycleEvent, Report, Target, World } from "../world.ts";
import { EventQueue } from "./event-queue.ts";
import { assumedCheckpoint, assumedFailure, type Assumptions, plannedEnd } from "./assumptions.ts";

/** A decision, and when it is made. */
export interface Move {
  readonly at: number;
  readonly decision: Decision;
}

/** How a deployment went in virtual time. */
export interface Play {
  readonly end: World;
  readonly moves: readonly Move[];
  /** Why it cannot be followed to its end; undefined when it was. */
  readonly stuck?: string | undefined;
}

/** More rounds than any deployment has: two for each event of as many targets as there may be. */
const roundsMax = 100_000;

/**
 * Plays the rest of a deployment with the rules that decide about the real one. Time is virtual, and everything takes as
 * long as it is assumed to. The result is the same for the same world and assumptions.
 */
export function play(world: World, assumptions: Assumptions): Play {
  return new Player(world, assumptions).toTheEnd();
}

class Player {
  readonly #assumptions: Assumptions;
  readonly #eventQueue = new EventQueue<Report>();
  readonly #moves: Move[] = [];
  #world: World;

  constructor(world: World, assumptions: Assumptions) {
    this.#assumptions = assumptions;
    this.#world = { ...world, lastSeen: undefined, contention: undefined };
    for (const target of world.targets)
      for (const event of target.events) if (isUnderWay(event)) this.#expect(target, event);
    for (const step of world.deployment.steps)
      if (step.status === "InProgress" && step.name !== "record heartbeat") {
        const ends = step.startTime + assumptions.stepMilliseconds(step.name);
        this.#expectOutcome(step.id, Math.max(ends, world.now), assumedCheckpoint(step.effect));
      }
  }

  toTheEnd(): Play {
    for (let rounds = 0; rounds < roundsMax; rounds += 1) {
      const last = this.#pass();
      if (isOver(this.#world.deployment)) return { end: this.#world, moves: this.#moves };
      if (last?.do === "look up fleet") {
        if (!this.#lookUp(last)) return this.#stuck(`it is not known which hosts will be ${last.fleet}`);
        continue;
      }
      if (!this.#goOnInTime(last?.do === "wait" ? last.until : undefined))
        return this.#stuck(last?.do === "wait" ? last.for : "nothing follows");
    }
    return this.#stuck("it has more rounds than are looked at");
  }

  #stuck(stuck: string): Play {
    return { end: this.#world, moves: this.#moves, stuck };
  }

  /** One pass as the server makes it; hosts that answer have picked up their commands at once. */
  #pass(): Decision | undefined {
    const { decisions, after } = advance(this.#world);
    this.#world = after;
    for (const decision of decisions) this.#follow(decision);
    this.#pickUp(decisions.filter((decision) => decision.do === "run"));
    return decisions.at(-1);
  }

  #follow(decision: Decision): void {
    if (decision.do !== "wait" && decision.do !== "look up fleet") this.#moves.push({ at: this.#world.now, decision });
    if (decision.do === "hold" && (decision.hold === "READY_WAIT" || decision.hold === "TERMINATION_WAIT"))
      this.#continueWhenReady(decision.hold);
    if (decision.do !== "start step") return;
    const step = this.#world.deployment.steps.find(({ name }) => name === decision.step);
    if (step === undefined) return;
    const ends = this.#world.now + this.#assumptions.stepMilliseconds(step.name);
    this.#expectOutcome(step.id, ends, assumedCheckpoint(decision.effect));
  }

  /** If all goes well, somebody sends traffic to the new version at once. The wait for the end passes. */
  #continueWhenReady(hold: HoldName): void {
    if (hold !== "READY_WAIT") return;
    const { deployment, now } = this.#world;
    const continueRequestedAt = { ...deployment.continueRequestedAt, [hold]: now };
    this.#world = { ...this.#world, deployment: { ...deployment, continueRequestedAt } };
    this.#eventQueue.add(now, nothing(now));
  }

  #pickUp(runs: readonly DecisionOf<"run">[]): void {
    const { troubleOf } = this.#assumptions;
    const notes: Decision[] = [];
    for (const { target: id, event: name } of runs) {
      const target = targetOf(this.#world.targets, id);
      const event = target?.events.find((one) => one.name === name);
      if (target === undefined || event?.command === undefined) continue;
      if (event.command.effect === undefined && troubleOf?.(target, name) !== "is silent")
        notes.push(noteStart(id, event, event.command.id, this.#world.now));
      this.#expect(target, event);
    }
    if (notes.length > 0) this.#world = evolveAll(this.#world, notes);
  }

  /** Expects the outcome of an event that has a command. */
  #expect(target: Target, { name, command }: LifecycleEvent): void {
    if (command === undefined) return;
    const { troubleOf, eventMilliseconds } = this.#assumptions;
    const trouble = troubleOf?.(target, name);
    if (trouble === "is silent") return; // the rules end it
    const ends = plannedEnd(command.effect) ?? command.issuedAt + eventMilliseconds(target, name);
    this.#expectOutcome(command.id, Math.max(ends, this.#world.now), undefined, trouble);
  }

  #expectOutcome(commandId: string, at: number, checkpoint: Checkpoint | undefined, trouble?: "fails"): void {
    const outcome = trouble === undefined ? { status: "Succeeded" as const } : failure;
    this.#eventQueue.add(at, { commandId, at, kind: "completed", ...outcome, checkpoint });
  }

  #lookUp({ fleet }: DecisionOf<"look up fleet">): boolean {
    const found = this.#assumptions.fleetOf(fleet);
    if (found === undefined) return false;
    this.#world = { ...this.#world, fleets: { ...this.#world.fleets, [fleet]: { found } } };
    return true;
  }

  /** Goes on to when the next report comes or a wait is over. False when neither will ever be. */
  #goOnInTime(until: number | undefined): boolean {
    for (;;) {
      const at = Math.min(this.#eventQueue.nextAt ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY);
      if (!Number.isFinite(at)) return false;
      const now = Math.max(at, this.#world.now);
      this.#world = { ...this.#world, now };
      const reports = this.#eventQueue.takeDue(now);
      if (this.#passOn(reports)) continue;
      this.#world = { ...this.#world, reports: reports.filter(({ commandId }) => commandId !== "") };
      return true;
    }
  }

  /**
   * A host that goes on to its next event changes nothing for others: where all reports are of that kind, the rules for
   * one target are asked alone. A rolling deployment to a thousand hosts has seven thousand such cases.
   */
  #passOn(reports: readonly Report[]): boolean {
    if (this.#world.deployment.kind !== "in-place" || reports.length === 0) return false;
    if (this.#world.reports.length > 0) return false;
    const settled = applyReports({ ...this.#world, reports });
    if (settled.length !== reports.length) return false;
    const after = evolveAll(this.#world, settled);
    const runs: DecisionOf<"run">[] = [];
    for (const decision of settled) {
      if (decision.do !== "settle event" || decision.as !== "Succeeded") return false;
      const target = targetOf(after.targets, decision.target);
      const following = target && nextOnTarget(after, target);
      if (following?.do !== "run") return false;
      runs.push(following);
    }
    this.#world = evolveAll(after, runs);
    for (const decision of [...settled, ...runs]) this.#follow(decision);
    this.#pickUp(runs);
    return true;
  }
}

const failure = { status: "Failed", diagnostics: assumedFailure } as const;

/** An entry that only makes a pass. */
const nothing = (at: number): Report => ({ commandId: "", at, kind: "acknowledged" });

const isUnderWay = ({ command, status }: LifecycleEvent): boolean =>
  command !== undefined && (status === "Pending" || status === "InProgress");

const noteStart = (target: string, { name }: LifecycleEvent, commandId: string, at: number): Decision => ({
  do: "note start",
  commandId,
  target,
  event: name,
  at,
  because: "the host has picked it up",
});
