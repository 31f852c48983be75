import { setTimeout as pause } from "node:timers/promises";
import type { AutoScalingContext } from "../context.ts";
import { decide, type Facts, type Step } from "../decide/decide.ts";
import type { Group, Member } from "../model/group.ts";
import { carryOut } from "./carry-out.ts";
import { runScheduledActions } from "./run-scheduled-actions.ts";

/** How often every group is looked at, in milliseconds: whatever was missed is seen then. */
const lookMilliseconds = 500;

/** How long an instance refresh may get nowhere before it fails, in seconds: AWS's hour. */
const stuckSeconds = 3600;

/** Steps of one look: a group that needs more has gone round in a circle, and is looked at again later. */
const stepsMax = 1000;

/** Looks at groups again and again and does what is to be done. It remembers nothing: a restart is the next look. */
export class Scaler {
  readonly #context: AutoScalingContext;
  readonly #onDefect: (error: unknown, about: string) => void;
  /** Groups that are being looked at; `again` when something has changed meanwhile. */
  readonly #looks = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #rounds: Promise<void> | undefined;

  constructor(context: AutoScalingContext, onDefect: (error: unknown, about: string) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
  }

  /** Begins; EC2 must have taken up its instances. */
  start(): void {
    this.#rounds = this.#goRound();
  }

  /** Looks at a group soon; not before `start`, which looks at all of them. */
  wake(name: string): void {
    const look = this.#looks.get(name);
    if (look !== undefined) look.again = true;
    else if (this.#rounds !== undefined && !this.#stop.signal.aborted) this.#begin(name);
  }

  /** Ends; what is under way is finished first. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rounds;
    await Promise.all([...this.#looks.values()].map(({ done }) => done));
  }

  async #goRound(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#context.ec2.fleet.all(); // instances whose processes have ended are noticed here
        runScheduledActions(this.#context);
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#onDefect(error, "Auto Scaling");
      }
      for (const { name } of this.#context.groups.all()) this.wake(name);
      await pause(lookMilliseconds, undefined, { signal: this.#stop.signal }).catch(() => {}); // it closes
    }
  }

  #begin(name: string): void {
    const look = { again: false, done: Promise.resolve() };
    look.done = Promise.resolve()
      .then(() => this.#look(name))
      .catch((error: unknown) => this.#onDefect(error, `Auto Scaling group ${name}`))
      .then(() => {
        this.#looks.delete(name);
        if (look.again) this.wake(name);
      });
    this.#looks.set(name, look);
  }

  async #look(name: string): Promise<void> {
    for (let count = 0; count < stepsMax && !this.#stop.signal.aborted;) {
      const group = this.#context.groups.find(name);
      const steps = group === undefined ? [] : decide(group, this.#facts(group));
      if (steps.length === 0) return;
      count += steps.length;
      await this.#do(name, steps);
    }
  }

  async #do(name: string, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      // A step may wait for others to answer, and users act meanwhile: each is decided upon what is now.
      const group = this.#context.groups.find(name);
      if (group === undefined) return;
      if ("id" in step && !group.members.some(({ id }) => id === step.id)) continue;
      await carryOut(this.#context, group, step);
    }
  }

  #facts({ sources, gracePeriodSeconds }: Group): Facts {
    const { ec2, trafficSources, clock, timeScale } = this.#context;
    const tells = ({ id }: Member, health: string) =>
      sources.some((source) => trafficSources.health(source, id) === health);
    return {
      now: clock(),
      ec2State: (id) => ec2.fleet.find(id)?.state,
      isDraining: (member) => tells(member, "draining"),
      failsTraffic: (member) => tells(member, "unhealthy"),
      graceMilliseconds: timeScale.milliseconds(gracePeriodSeconds),
      stuckMilliseconds: timeScale.milliseconds(stuckSeconds),
    };
  }
}
