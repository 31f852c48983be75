import {
  type Decision,
  type DecisionOf,
  type LifecycleEvent,
  type Report,
  type Target,
  targetOf,
  type World,
} from "@sluice/engine";
import type { NewEvent } from "./logged-event.ts";

/** Returns the changes that a pass makes, in the order of its decisions. What changes nothing is no event. */
export function eventsOfPass(before: World, decisions: readonly Decision[]): readonly NewEvent[] {
  const pass = new Pass(before);
  return decisions.flatMap((decision) => pass.eventsOf(decision)).map((event) => ({ ...pass.common, ...event }));
}

/** An event without what all events of a pass share. */
type Own = Omit<NewEvent, "at" | "deploymentId"> & { readonly at?: number };

/** Follows the states through the decisions of one pass. */
class Pass {
  readonly common: { readonly at: number; readonly deploymentId: string };
  readonly #before: World;
  readonly #deployment: { status: string };
  /** States that have changed in this pass: of targets by id, of their events by id and name. */
  readonly #states = new Map<string, string>();
  readonly #reported: ReadonlySet<string>;
  readonly #added = new Set<string>();

  constructor(before: World) {
    this.#before = before;
    this.common = { at: before.now, deploymentId: before.deployment.id };
    this.#deployment = { status: before.deployment.status };
    this.#reported = new Set(before.reports.map(({ commandId, kind }) => keyOf(commandId, kind)));
  }

  eventsOf(decision: Decision): readonly Own[] {
    switch (decision.do) {
      case "begin":
        return [this.#move("InProgress", decision.because)];
      case "add targets":
        return [this.#addTargets(decision)];
      case "run":
        return this.#run(decision);
      case "note start":
        return [this.#moveEvent(decision, "InProgress", { at: decision.at, actor: "host" })];
      case "note progress":
        return this.#progress(decision);
      case "settle event":
        return [this.#settleEvent(decision)];
      case "settle target":
        return [this.#moveTarget(decision.target, decision.as, decision.because)];
      case "start step": {
        const { step: event, because } = decision;
        return [{ kind: "step", event, to: "InProgress", because, actor: "service" }];
      }
      case "settle step":
        return [this.#settleStep(decision)];
      default:
        return this.#ofDeployment(decision);
    }
  }

  /** What is about the deployment as a whole. */
  #ofDeployment(decision: Decision): readonly Own[] {
    switch (decision.do) {
      case "hold": {
        const { hold: event, until, because } = decision;
        const held: Own = { kind: "hold", event, to: "InProgress", because, actor: "service", detail: { until } };
        return event === "READY_WAIT" ? [held, this.#move("Ready", because)] : [held];
      }
      case "release": {
        const released: Own = { kind: "hold", event: decision.hold, to: "Succeeded", because: decision.because };
        return this.#deployment.status === "Ready"
          ? [released, this.#move("InProgress", decision.because)]
          : [released];
      }
      case "warn":
        return [{ kind: "note", because: decision.because, actor: "service" }];
      case "stop": {
        const { because, error } = decision;
        const from = this.#deployment.status;
        return [
          { kind: "deployment", from, to: "Stopping", because, actor: "service", detail: { errorCode: error.code } },
        ];
      }
      case "finish":
        return [
          this.#move(decision.as, decision.because, decision.error && { detail: { errorCode: decision.error.code } }),
        ];
      default:
        return [];
    }
  }

  #move(to: string, because: string, more: Partial<Own> = {}): Own {
    const from = this.#deployment.status;
    this.#deployment.status = to;
    return { kind: "deployment", from, to, because, actor: "service", ...more };
  }

  #addTargets({ targets, label, because }: DecisionOf<"add targets">): Own {
    for (const { id } of targets) this.#added.add(id);
    const detail = { count: targets.length, ...(label === undefined ? {} : { label }) };
    return { kind: "targets", to: "Pending", because, actor: "service", detail };
  }

  /** A target begins with its first event. What a gateway does begins at once; a host has to pick its command up. */
  #run({ target, event, effect, because }: DecisionOf<"run">): readonly Own[] {
    const begun = this.#stateOf(target) === "InProgress" ? [] : [this.#moveTarget(target, "InProgress", because)];
    if (effect === undefined) return begun;
    const started = this.#moveEvent({ target, event, because }, "InProgress", { actor: "service" });
    return [...begun, started];
  }

  #progress({ commandId, target, because }: DecisionOf<"note progress">): readonly Own[] {
    if (target === undefined) {
      const step = this.#before.deployment.steps.find(({ id }) => id === commandId);
      if (step?.progress === because) return [];
      return [{ kind: "progress", event: step?.name, because, actor: "gateway" }];
    }
    const event = targetOf(this.#before.targets, target)?.events.find(({ command }) => command?.id === commandId);
    if (event?.command?.progress === because) return [];
    return [{ kind: "progress", target, event: event?.name, because, actor: "gateway" }];
  }

  #settleEvent(decision: DecisionOf<"settle event">): Own {
    const { commandId, as, at, target, event: name, diagnostics, error } = decision;
    const effect = this.#eventOf(target, name)?.command?.effect;
    const reporter = effect === undefined ? "host" : "gateway";
    const actor = this.#reported.has(keyOf(commandId, "completed")) ? reporter : "service";
    if (as !== "Failed") return this.#moveEvent(decision, as, { at, actor });
    const code = error?.code ?? diagnostics?.errorCode;
    const script = diagnostics?.scriptName ?? "";
    const detail = { ...(code === undefined ? {} : { errorCode: code }), ...(script === "" ? {} : { script }) };
    return this.#moveEvent(decision, as, { at, actor, detail });
  }

  #settleStep({ id, as, at, error, because }: DecisionOf<"settle step">): Own {
    const event = this.#before.deployment.steps.find((step) => step.id === id)?.name;
    const actor = this.#reported.has(keyOf(id, "completed")) ? "gateway" : "service";
    const detail = error && { errorCode: error.code };
    return { kind: "step", event, from: "InProgress", to: as, at, because, actor, detail };
  }

  #moveTarget(target: string, to: string, because: string): Own {
    const from = this.#stateOf(target);
    this.#states.set(target, to);
    return { kind: "target", target, from, to, because, actor: "service" };
  }

  #moveEvent(
    { target, event, because }: { readonly target: string; readonly event: string; readonly because: string },
    to: string,
    more: Partial<Own>,
  ): Own {
    const key = keyOf(target, event);
    const from = this.#states.get(key) ?? this.#eventOf(target, event)?.status ?? "Pending";
    this.#states.set(key, to);
    return { kind: "lifecycle event", target, event, from, to, because, ...more };
  }

  #stateOf(target: string): string {
    return this.#states.get(target) ?? this.#targetOf(target)?.status ?? "Pending";
  }

  #targetOf(target: string): Target | undefined {
    return this.#added.has(target) ? undefined : targetOf(this.#before.targets, target);
  }

  #eventOf(target: string, name: string): LifecycleEvent | undefined {
    return this.#targetOf(target)?.events.find((event) => event.name === name);
  }
}

const keyOf = (id: string, of: Report["kind"] | (string & {})): string => `${id}\n${of}`;
