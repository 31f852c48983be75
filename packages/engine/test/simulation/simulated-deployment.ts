// One deployment of a made-up fleet, from its creation to its end, on a clock of its own.
import assert from "node:assert/strict";
import {
  type AlarmReading,
  type Report,
  commandId,
  advance,
  decide,
  type Decision,
  type DecisionOf,
  deploymentOverview,
  evolveAll,
  type FleetQuery,
  type FleetMember,
  type InstanceState,
  isOver,
  type HostContention,
  type Outcome,
  type World,
} from "../../src/index.ts";
import { EventQueue } from "./event-queue.ts";
import { InvariantChecker } from "./invariant-checker.ts";
import { Gateway } from "./gateway.ts";
import { drawFate, Host } from "./host.ts";
import { randomAlarms, randomDeployment, randomVisit, type SimulatedFleets } from "./random-deployment.ts";
import { Random } from "./random.ts";

const second = 1000;
const minute = 60 * second;

/** Told of everything that happens, for a person who follows one seed. */
export type Listener = (at: number, said: string | Decision) => void;

/** Plays the deployment of a seed, and returns its outcome. Throws at the first violated invariant. */
export function simulate(seed: number, listen: Listener = () => undefined): Outcome {
  const run = new Run(new Random(seed), listen);
  return run.toItsEnd();
}

class Run {
  readonly #random: Random;
  readonly #listen: Listener;
  readonly #queue = new EventQueue();
  readonly #checker = new InvariantChecker();
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #gateway: Gateway;
  readonly #visits: readonly { readonly host: string; readonly from: number; readonly until: number }[];
  readonly #alarms: readonly { readonly from: number; readonly reading: AlarmReading }[];
  readonly #fleets: SimulatedFleets;
  readonly #fleet: readonly FleetMember[];
  #now = 0;
  #world: World;

  constructor(random: Random, listen: Listener) {
    this.#random = random;
    this.#listen = listen;
    const { world, fleets } = randomDeployment(random);
    this.#world = world;
    this.#fleets = fleets;
    // A host that is found twice is one host.
    this.#fleet = [...new Map(Object.values(fleets).flatMap((hosts) => hosts.map((host) => [host.id, host]))).values()];
    const trouble = random.pick([0, 0.1, 0.3, 0.8]);
    const network = {
      now: () => this.#now,
      queue: this.#queue,
      random,
      deliver: (report: Report) => this.#arrives(report),
    };
    this.#hosts = new Map(this.#fleet.map(({ id }) => [id, new Host(id, drawFate(random, trouble), network)]));
    this.#gateway = new Gateway(network, trouble / 10);
    this.#alarms = randomAlarms(random);
    this.#visits = this.#fleet.filter(() => random.chance(0.05)).map(({ id }) => randomVisit(random, id));
    for (const { from, until } of this.#visits) for (const at of [from, until]) this.#queue.add(at, () => this.#pass());
    if (random.chance(0.25)) this.#queue.add(Math.ceil(random.next() ** 3 * 180 * minute), () => this.#stop());
    if (random.chance(0.1)) this.#queue.add(Math.ceil(random.next() ** 3 * 180 * minute), () => this.#delete());
    for (const { from } of this.#alarms) this.#queue.add(from, () => this.#pass());
    this.#queue.add(0, () => this.#pass());
  }

  toItsEnd(): Outcome {
    for (let steps = 0; ; steps += 1) {
      assert(steps < 50_000, "WAIT: the deployment goes on for ever");
      const entry = this.#queue.next();
      if (entry === undefined) break;
      this.#now = Math.max(this.#now, entry.at);
      entry.act();
    }
    const { status } = this.#world.deployment;
    assert(status === "Succeeded" || status === "Failed" || status === "Stopped", "WAIT: every deployment ends");
    const counted = Object.values(deploymentOverview(this.#world.targets)).reduce((sum, count) => sum + count, 0);
    assert.equal(counted, this.#world.targets.length, "OVERVIEW: every target is counted once");
    return status;
  }

  /** Observe, decide, commit, deliver; and what can go wrong between them. */
  #pass(): void {
    const world = {
      ...this.#world,
      now: this.#now,
      instanceStates: this.#instanceStates(),
      ...this.#reading(),
      ...this.#others(),
    };
    const { decisions, after } = advance(world);
    if (this.#random.chance(0.1)) {
      assert.deepEqual(after, evolveAll(world, decisions), "EVOLVE: the decisions of a pass make the world after it");
      findsNothingNew(after, decisions);
    }
    // The server ends between its decision and the commit, or another commit comes first: the pass has no effect.
    if (this.#random.chance(0.03)) return this.#later(this.#random.integer(0, 30 * second));
    this.#checker.pass(world, decisions, after);
    for (const decision of decisions) this.#listen(this.#now, decision);
    // What is stored comes back as it was written.
    const { contention: _contention, lastSeen: _lastSeen, ...stored } = after;
    this.#world = this.#random.chance(0.002) ? structuredClone(stored) : after;
    // The server ends between commit and delivery: hosts hear of their commands when they poll again.
    const outage = this.#random.chance(0.03) ? 60 * second : 0;
    for (const decision of decisions) this.#deliver(decision, outage);
  }

  #deliver(decision: Decision, outage: number): void {
    if (decision.do === "run" && decision.effect === undefined) return this.#poll(decision, outage);
    if (decision.do === "run" && decision.effect !== undefined)
      this.#gateway.perform(commandId(this.#world.deployment.id, decision.target, decision.event), decision.effect);
    if (decision.do === "hold" && !decision.hold.startsWith("monitor ") && this.#random.chance(0.6)) {
      const hold = decision.hold === "READY_WAIT" ? "READY_WAIT" : "TERMINATION_WAIT";
      this.#queue.add(this.#now + this.#random.integer(1, 20 * minute), () => this.#goOn(hold));
    }
    if (decision.do === "start step") {
      const step = this.#world.deployment.steps.find(({ name }) => name === decision.step);
      if (step !== undefined) this.#gateway.perform(step.id, decision.effect);
    }
    if (decision.do === "look up fleet")
      this.#queue.add(this.#now + this.#random.integer(1, 5 * second), () => {
        const fleets = { ...this.#world.fleets, [decision.fleet]: { found: this.#look(decision.fleet) } };
        this.#world = { ...this.#world, fleets };
        this.#pass();
      });
    if (decision.do === "wait" && decision.until !== undefined && !isOver(this.#world.deployment))
      this.#queue.add(Math.min(decision.until, this.#now + 20 * minute), () => this.#pass());
  }

  /** Hosts that a second look does not find have been ended meanwhile. */
  #look(query: FleetQuery): readonly FleetMember[] {
    const found = this.#fleets[query];
    if (query === "selected" || query === "replacement") return found;
    for (const { id } of this.#fleets[query === "selectedAgain" ? "selected" : "replacement"]) {
      const host = this.#hosts.get(id);
      if (host !== undefined && found.every((member) => member.id !== id)) host.isGone = true;
    }
    return found;
  }

  /** The host's next polls ask for the command until it has taken it up or the server has it no more. */
  #poll({ target, event }: DecisionOf<"run">, outage: number): void {
    const delay = this.#random.chance(0.05) ? this.#random.integer(1, 60 * second) : this.#random.integer(1, second);
    this.#queue.add(this.#now + delay + outage, () => {
      const events = this.#world.targets.find(({ id }) => id === target)?.events ?? [];
      const place = events.findIndex(({ name }) => name === event);
      const { command, status } = events[place] ?? {};
      const isRace = this.#random.chance(0.2);
      if (command === undefined || (status !== "Pending" && !isRace)) return;
      const visit = this.#visits.find(
        ({ host, from, until }) => host === target && from <= this.#now && this.#now < until,
      );
      if (visit !== undefined) return this.#poll({ do: "run", target, event, because: "" }, visit.until - this.#now);
      const isLost = this.#random.chance(0.03);
      if (!isLost) this.#hosts.get(target)?.receive(command, place);
      else if (status === "Pending") this.#poll({ do: "run", target, event, because: "" }, 20 * second);
    });
  }

  #arrives(report: Report): void {
    this.#listen(
      this.#now,
      `${report.commandId} is ${report.kind}${report.kind === "completed" ? `: ${report.status}` : ""}`,
    );
    this.#world = { ...this.#world, reports: [...this.#world.reports, report] };
    // The hint is lost now and then: the next scan finds the report.
    this.#later(this.#random.chance(0.1) ? this.#random.integer(0, 10 * second) : this.#random.integer(0, 100));
  }

  #stop(): void {
    const { deployment } = this.#world;
    if (isOver(deployment)) return;
    this.#listen(this.#now, "somebody asks to stop");
    this.#world = { ...this.#world, deployment: { ...deployment, stopRequestedAt: this.#now } };
    this.#later(this.#random.integer(0, second));
  }

  /** The application or the deployment group is deleted, which every later observation sees. */
  #delete(): void {
    const { deployment } = this.#world;
    if (isOver(deployment)) return;
    const missing = this.#random.pick(["APPLICATION_MISSING", "DEPLOYMENT_GROUP_MISSING"] as const);
    this.#listen(this.#now, `${missing} from now on`);
    this.#world = { ...this.#world, deployment: { ...deployment, missing } };
    this.#later(this.#random.integer(0, second));
  }

  /** A user ends a wait. */
  #goOn(hold: "READY_WAIT" | "TERMINATION_WAIT"): void {
    const { deployment } = this.#world;
    const continueRequestedAt = { ...deployment.continueRequestedAt, [hold]: this.#now };
    this.#world = { ...this.#world, deployment: { ...deployment, continueRequestedAt } };
    this.#later(this.#random.integer(0, second));
  }

  #later(milliseconds: number): void {
    this.#queue.add(this.#now + milliseconds, () => this.#pass());
  }

  /** What the last poll of the alarms gave; nothing before the first. */
  #reading(): { readonly alarms?: AlarmReading | undefined } {
    const last = this.#alarms.findLast(({ from }) => from <= this.#now);
    return last === undefined ? {} : { alarms: last.reading };
  }

  /** What is seen of other deployments on the same hosts, and of agents. */
  #others(): Pick<World, "contention" | "lastSeen"> {
    const contention: Record<string, HostContention> = {};
    for (const { host, from, until } of this.#visits) {
      if (from <= this.#now && this.#now < until) contention[host] = { blockedBy: "d-9" };
      else if (until <= this.#now) contention[host] = { freeSince: until };
    }
    const lastSeen = Object.fromEntries(
      [...this.#hosts.values()].map(({ id, fate }) => [id, fate.what === "is silent" ? 0 : this.#now]),
    );
    return { contention: ({ id }) => contention[id], lastSeen: ({ id }) => lastSeen[id] };
  }

  /** Seen only every fifteen seconds, in effect: a host that has just gone may look alive. */
  #instanceStates(): Readonly<Record<string, InstanceState>> {
    const seen: Record<string, InstanceState> = {};
    for (const { id, state } of this.#fleet) {
      const isGone = this.#hosts.get(id)?.isGone === true && this.#random.chance(0.7);
      seen[id] = isGone ? "terminated" : state;
    }
    return seen;
  }
}

/** A second pass over the same world comes to nothing but the same wait. */
function findsNothingNew(after: World, decisions: readonly Decision[]): void {
  const idle = decisions.slice(-1).filter((last) => last.do === "wait" || last.do === "look up fleet");
  assert.deepEqual(decide(after), idle, "AGAIN: a second pass finds nothing new");
}
