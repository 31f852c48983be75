import { setTimeout as pause } from "node:timers/promises";
import type { EcsContext } from "../context.ts";
import type { Task } from "../tasks/task.ts";
import { carryOut } from "./carry-out.ts";
import { decide, type Facts } from "./decide.ts";
import { type Service, serviceKey } from "./service.ts";

/** How often every service is looked at, in milliseconds: whatever was missed, and what target groups say, is seen then. */
const lookMilliseconds = 250;

/** Rounds of one look: a service that needs more has gone round in a circle, and is looked at again later. */
const roundsMax = 100;

/** Looks at services again and again and does what is to be done. It remembers nothing: a restart is the next look. */
export class ServiceScheduler {
  readonly #context: EcsContext;
  readonly #onDefect: (error: unknown, about: string) => void;
  readonly #closing = new AbortController();
  /** Services to be looked at in this turn of the event loop. */
  readonly #woken = new Set<string>();
  #rounds: Promise<void> | undefined;

  constructor(context: EcsContext, onDefect: (error: unknown, about: string) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
  }

  /** Begins; tasks must have been taken up. */
  start(): void {
    this.#rounds = this.#goRound();
  }

  /** Looks at a service soon; not before `start`, which looks at all of them. */
  wake(service: { readonly cluster: string; readonly name: string }): void {
    if (this.#rounds === undefined || this.#closing.signal.aborted) return;
    if (this.#woken.size === 0) setImmediate(() => this.#lookAtWoken());
    this.#woken.add(serviceKey(service));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#rounds;
  }

  async #goRound(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      for (const service of this.#context.services.all()) this.#look(serviceKey(service));
      await pause(lookMilliseconds, undefined, { signal: this.#closing.signal }).catch(() => {}); // it closes
    }
  }

  #lookAtWoken(): void {
    const woken = [...this.#woken];
    this.#woken.clear();
    for (const key of woken) this.#look(key);
  }

  #look(key: string): void {
    try {
      for (let round = 0; round < roundsMax && !this.#closing.signal.aborted; round += 1) {
        const service = this.#context.services.find(key);
        if (service === undefined || service.status === "INACTIVE") return;
        const decisions = decide(service, this.#tasksOf(service), this.#facts(service));
        if (decisions.length === 0) return;
        // Each decision changes the service: the next one is carried out on what is kept then.
        for (const decision of decisions)
          carryOut(this.#context, this.#context.services.find(key) ?? service, decision);
      }
    } catch (error) {
      this.#onDefect(error, `ECS service ${key}`);
    }
  }

  #tasksOf({ cluster, name }: Service): readonly Task[] {
    return this.#context.tasks.all().filter((task) => task.service === name && task.cluster === cluster);
  }

  #facts({ graceSeconds = 0 }: Service): Facts {
    const { targetGroups, clock, timeScale } = this.#context;
    const healths = (task: Task) =>
      task.targets
        .filter(({ group }) => targetGroups.isUsed(group))
        .map((target) => ({ ...target, health: target.at && targetGroups.healthOfAddress(target.group, target.at) }));
    return {
      now: clock(),
      graceMilliseconds: timeScale.milliseconds(graceSeconds),
      isServing: (task) => healths(task).every(({ health }) => health?.State === "healthy"),
      targetTrouble(task) {
        const found = healths(task).find(({ health }) => health?.State === "unhealthy");
        if (found === undefined) return undefined;
        return { group: found.group, port: found.port, why: found.health?.Description ?? "Health checks failed" };
      },
    };
  }
}
