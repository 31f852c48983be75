// A forecast beside the run that it foretells: the same made-up deployment without trouble, played once by `forecast`, and
// once by passes over reports that come one after the other, as in the server.
import assert from "node:assert/strict";
import {
  advance,
  commandId,
  type Decision,
  type FleetMember,
  forecast,
  isOver,
  type LifecycleEventName,
  type Report,
  type StepName,
  type World,
} from "../../src/index.ts";
import { EventQueue } from "./event-queue.ts";
import { checkpointFor } from "./gateway.ts";
import { randomDeployment, type SimulatedFleets } from "./random-deployment.ts";
import { Random } from "./random.ts";

const second = 1000;

/** Throws when the forecast of a seed's deployment and its run do not agree. Returns how many targets began. */
export function forecastAgrees(seed: number): number {
  const random = new Random(seed);
  const { world: made, fleets: all } = randomDeployment(random);
  const fleets = withoutTrouble(all);
  const world: World = { ...made, deployment: { ...made.deployment, alarms: undefined } };
  const paces = [second, 7 * second, 30 * second] as const;
  const pace = new Map(Object.values(fleets).flatMap((hosts) => hosts.map(({ id }) => [id, random.pick(paces)])));
  const isEven = random.chance(0.5);
  const takes = (id: string, event: LifecycleEventName) =>
    (isEven ? second : (pace.get(id) ?? second)) * (1 + (event.length % 5));
  const stepTakes = (step: StepName) => step.length * second;

  const run = new Run(world, { fleets, takes, stepTakes });
  run.toItsEnd();
  const foretold = forecast(world, {
    eventMilliseconds: ({ id }, event) => takes(id, event),
    stepMilliseconds: stepTakes,
    fleetOf: (query) => fleets[query],
  });

  assert.equal(foretold.stuck, undefined, "FORECAST: it is followed to its end");
  assert.equal(foretold.outcome, run.world.deployment.status, "FORECAST: the outcome");
  assert.equal(foretold.until, run.world.now, "FORECAST: the time of the end");
  const begun = foretold.waves.flatMap(({ targets, from, event }) => targets.map((id) => `${from} ${id} ${event}`));
  assert.deepEqual(begun.toSorted(), run.begun.toSorted(), "FORECAST: which target begins when");
  assert.deepEqual(
    foretold.end.targets.map(({ id, status, events }) => [id, status, events.map(({ endTime }) => endTime)]),
    run.world.targets.map(({ id, status, events }) => [id, status, events.map(({ endTime }) => endTime)]),
    "FORECAST: what each target does",
  );
  return begun.length;
}

/** All hosts run, and stay. */
function withoutTrouble({ selected, replacement }: SimulatedFleets): SimulatedFleets {
  const running = (hosts: readonly FleetMember[]) => hosts.map((host) => ({ ...host, state: "running" as const }));
  const [blue, green] = [running(selected), running(replacement)];
  return { selected: blue, replacement: green, selectedAgain: blue, replacementAgain: green };
}

interface Given {
  readonly fleets: SimulatedFleets;
  readonly takes: (id: string, event: LifecycleEventName) => number;
  readonly stepTakes: (step: StepName) => number;
}

class Run {
  readonly begun: string[] = [];
  readonly #queue = new EventQueue();
  readonly #given: Given;
  world: World;

  constructor(world: World, given: Given) {
    this.world = world;
    this.#given = given;
    this.#queue.add(0, () => {});
  }

  toItsEnd(): void {
    for (let rounds = 0; !isOver(this.world.deployment); rounds += 1) {
      const entry = this.#queue.next();
      assert(entry !== undefined && rounds < 50_000, "WAIT: every deployment ends");
      this.world = { ...this.world, now: Math.max(this.world.now, entry.at) };
      entry.act();
      this.#pass();
    }
  }

  #pass(): void {
    const before = new Map(this.world.targets.map(({ id, status }) => [id, status]));
    const { decisions, after } = advance(this.world);
    this.world = after;
    for (const decision of decisions) this.#follow(decision, before);
  }

  #follow(decision: Decision, before: Map<string, string>): void {
    const { now, deployment } = this.world;
    const { fleets, takes, stepTakes } = this.#given;
    switch (decision.do) {
      case "settle target":
        before.set(decision.target, decision.as);
        break;
      case "run": {
        if (before.get(decision.target) !== "InProgress")
          this.begun.push(`${now} ${decision.target} ${decision.event}`);
        before.set(decision.target, "InProgress");
        const id = commandId(deployment.id, decision.target, decision.event);
        if (decision.effect === undefined) this.#report({ commandId: id, at: now, kind: "acknowledged" });
        const at = now + takes(decision.target, decision.event);
        this.#report({ commandId: id, at, kind: "completed", status: "Succeeded" });
        break;
      }
      case "start step": {
        const step = deployment.steps.find(({ name }) => name === decision.step);
        if (step === undefined || step.name === "record heartbeat") break;
        const checkpoint = checkpointFor(decision.effect);
        const suspends = decision.effect.kind === "copy Auto Scaling group" ? undefined : checkpoint;
        const at = now + stepTakes(decision.step);
        this.#report({ commandId: step.id, at, kind: "completed", status: "Succeeded", checkpoint: suspends });
        break;
      }
      case "look up fleet":
        this.world = {
          ...this.world,
          fleets: { ...this.world.fleets, [decision.fleet]: { found: fleets[decision.fleet] } },
        };
        this.#queue.add(now, () => {});
        break;
      case "hold":
        if (decision.hold === "READY_WAIT") this.#queue.add(now, () => this.#goOn());
        break;
      case "wait":
        if (decision.until !== undefined) this.#queue.add(decision.until, () => {});
    }
  }

  #goOn(): void {
    const { deployment, now } = this.world;
    this.world = { ...this.world, deployment: { ...deployment, continueRequestedAt: { READY_WAIT: now } } };
  }

  #report(report: Report): void {
    this.#queue.add(report.at, () => {
      this.world = { ...this.world, reports: [...this.world.reports, report] };
    });
  }
}
