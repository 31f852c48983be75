import { setTimeout as pause } from "node:timers/promises";
import type { AutoScalingContext } from "../context.ts";
import { decide, type Facts, type Decision } from "../decide/decide.ts";
import type { Group, Member } from "../model/group.ts";
import { carryOut } from "./carry-out.ts";
import { runScheduledActions } from "./run-scheduled-actions.ts";

/** How often every group is decided upon, in milliseconds, in case a change went unnoticed. */
const scanMilliseconds = 500;

/** How long an instance refresh may be without progress before it fails, in seconds: AWS's hour. */
const stuckSeconds = 3600;

/** Decisions of one pass. A group that needs more is going round in circles, and is left until the next pass. */
const decisionsMax = 1000;

/** Decides upon groups again and again and carries the decisions out. It keeps no state: a restart is just the next pass. */
export class Scaler {
  readonly #context: AutoScalingContext;
  readonly #onDefect: (error: unknown, about: string) => void;
  /** Passes under way; `again` when something has changed meanwhile. */
  readonly #passes = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #scanning: Promise<void> | undefined;

  constructor(context: AutoScalingContext, onDefect: (error: unknown, about: string) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
  }

  /** Starts. EC2's instances must have been resumed before. */
  start(): void {
    this.#scanning = this.#scan();
  }

  /** Has a group decided upon soon. Does nothing before `start`, which begins with all of them. */
  wake(name: string): void {
    const pass = this.#passes.get(name);
    if (pass !== undefined) pass.again = true;
    else if (this.#scanning !== undefined && !this.#stop.signal.aborted) this.#begin(name);
  }

  /** Stops; passes under way are finished first. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#scanning;
    await Promise.all([...this.#passes.values()].map(({ done }) => done));
  }

  async #scan(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#context.ec2.fleet.all(); // this notices instances whose processes have ended
        runScheduledActions(this.#context);
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#onDefect(error, "Auto Scaling");
      }
      for (const { name } of this.#context.groups.all()) this.wake(name);
      await pause(scanMilliseconds, undefined, { signal: this.#stop.signal }).catch(() => {}); // it is closing
    }
  }

  #begin(name: string): void {
    const pass = { again: false, done: Promise.resolve() };
    pass.done = Promise.resolve()
      .then(() => this.#pass(name))
      .catch((error: unknown) => this.#onDefect(error, `Auto Scaling group ${name}`))
      .then(() => {
        this.#passes.delete(name);
        if (pass.again) this.wake(name);
      });
    this.#passes.set(name, pass);
  }

  async #pass(name: string): Promise<void> {
    for (let count = 0; count < decisionsMax && !this.#stop.signal.aborted;) {
      const group = this.#context.groups.find(name);
      const decisions = group === undefined ? [] : decide(group, this.#facts(group));
      if (decisions.length === 0) return;
      count += decisions.length;
      await this.#do(name, decisions);
    }
  }

  async #do(name: string, decisions: readonly Decision[]): Promise<void> {
    for (const decision of decisions) {
      // Carrying out a decision may take time, in which users act: each is carried out on the group as it is now.
      const group = this.#context.groups.find(name);
      if (group === undefined) return;
      if ("id" in decision && !group.members.some(({ id }) => id === decision.id)) continue;
      await carryOut(this.#context, group, decision);
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
