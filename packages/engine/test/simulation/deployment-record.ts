import assert from "node:assert/strict";
import type { Decision, DeploymentKind, StepName, World } from "../../src/index.ts";
import type { Of, Reports } from "./target-record.ts";

const minute = 60_000;
const hour = 60 * minute;

const limits: Record<DeploymentKind, number> = {
  "in-place": 8 * hour,
  "blue-green": 109 * hour,
  reroute: 8 * hour,
  launch: 8 * hour,
  termination: 8 * hour,
  lambda: 50 * hour,
  ecs: 224 * hour,
};

/** How the hosts stand when a step begins. */
interface Hosts {
  readonly inFlight: number;
  readonly waiting: number;
  readonly touched: number;
}

/** The deployment as a whole, apart from its hosts: its beginning, its steps, its waits and what ends it from outside. */
export class DeploymentRecord {
  beganAt: number | undefined;
  isOver = false;
  /** What the deployment has lost, and ends for. */
  missing: World["deployment"]["missing"];
  readonly steps = new Map<StepName, { readonly startedAt: number; status: "InProgress" | "Succeeded" | "Failed" }>();
  readonly #holds: { readonly name: string; readonly until: number; readonly length: number; isOver: boolean }[] = [];
  #stopped = false;

  begins({ now, deployment, alarms }: World): void {
    assert.equal(this.beganAt, undefined, "BEGIN: a deployment begins once");
    assert.equal(deployment.stopRequestedAt, undefined, "STOP: nothing begins after a stop");
    assert(
      deployment.alarms === undefined || alarms !== undefined,
      "ALARMS: nothing begins before they have been read",
    );
    this.beganAt = now;
  }

  startsStep({ step }: Of<"start step">, seen: World, { inFlight, waiting, touched }: Hosts): void {
    assert(step === "record heartbeat" || !this.steps.has(step), `ONCE: "${step}" is done once`);
    switch (step) {
      case "check load balancers":
      case "suspend processes":
      case "copy Auto Scaling group":
        assert(!this.isEnding(seen), "STOP: no step begins after a stop, but those that tidy up");
        assert.equal(touched, 0, "STEPS: what comes first is done before a host is touched");
        break;
      case "resume processes":
      case "complete lifecycle action":
        assert.equal(inFlight, 0, "STEPS: tidied up is when no host is under way");
        break;
      case "move deployment group":
      case "end original instances":
        assert(!this.isEnding(seen), "STOP: no step begins after a stop, but those that tidy up");
        assert.equal(inFlight + waiting, 0, "STEPS: the original fleet is given up when traffic has moved");
        break;
      case "record heartbeat":
        assert(!this.isEnding(seen), "STOP: no step begins after a stop, but those that tidy up");
    }
    this.steps.set(step, { startedAt: seen.now, status: "InProgress" });
  }

  settlesStep({ id, as }: Of<"settle step">, seen: World, reports: Reports): void {
    const name = seen.deployment.steps.find((step) => step.id === id)?.name ?? "check load balancers";
    const step = this.steps.get(name);
    assert.equal(step?.status, "InProgress", "FINAL: a step ends once");
    const report = reports.get(id);
    if (report !== undefined) assert.equal(as, report.status, "REPORTS: the first outcome that arrives counts");
    else {
      assert.equal(as, "Failed", "REPORTS: a step succeeds only when its gateway says so");
      const isGivenUp = name === "copy Auto Scaling group" && this.isEnding(seen);
      assert(isGivenUp || seen.now - step.startedAt >= hour, "TIME: a step that has time left goes on");
    }
    step.status = as;
  }

  holds({ hold, until }: Of<"hold">, seen: World): void {
    assert(!this.isEnding(seen), "STOP: no wait begins after a stop");
    assert(!this.#holds.some(({ name }) => name === hold), "ONCE: a wait is entered once");
    this.#holds.push({ name: hold, until, length: until - seen.now, isOver: false });
  }

  releases({ hold }: Of<"release">, { now, deployment }: World): void {
    const held = this.#holds.find(({ name, isOver }) => name === hold && !isOver);
    assert(held !== undefined, "FINAL: a wait ends once");
    const isAskedFor = deployment.continueRequestedAt?.[hold] !== undefined;
    assert(isAskedFor || (now >= held.until && hold !== "READY_WAIT"), "TIME: a wait that has time left goes on");
    held.isOver = true;
  }

  stops({ as, error }: Of<"stop">, seen: World): void {
    assert(!this.isEnding(seen), "STOP: what ends already is not stopped");
    const { missing } = seen.deployment;
    assert(missing !== undefined || isAlarming(seen), "ALARMS: only an alarm stops what nobody asks to stop");
    assert.equal(error.code, missing ?? "ALARM_ACTIVE");
    assert.equal(as, missing === undefined ? undefined : "Failed", "MISSING: what has lost its group has failed");
    this.#stopped = true;
    this.missing = missing;
  }

  /** At the end of the deployment. */
  finishes({ as, error }: Of<"finish">, { deployment, now }: World): void {
    this.isOver = true;
    assert.equal(as === "Succeeded", error === undefined, "FINISH: an error, unless it succeeded");
    if (as === "Stopped")
      assert(
        deployment.stopRequestedAt !== undefined ||
          (this.#stopped && this.missing === undefined) ||
          this.isGateClosed(now),
        "STOP: neither somebody, nor an alarm, nor the gate asks to",
      );
    const steps = [...this.steps].filter(([name]) => name !== "record heartbeat");
    assert(!steps.some(([, { status }]) => status === "InProgress"), "FINISH: when every step is over");
    const suspended = deployment.steps.find(({ name }) => name === "suspend processes")?.checkpoint?.suspended;
    const hasResumed = this.steps.has("resume processes");
    if (deployment.kind === "in-place")
      assert.equal(hasResumed, suspended !== undefined, "STEPS: what was suspended is resumed, however it ends");
    if (deployment.lifecycleAction !== undefined)
      assert(this.steps.has("complete lifecycle action"), "STEPS: Auto Scaling is told, however it ends");
    if (this.beganAt === undefined) assert.notEqual(as, "Succeeded", "FINISH: nothing succeeds unbegun");
  }

  /** Whether every step that has to succeed has. */
  isWoundUp(): boolean {
    return [...this.steps].every(
      ([name, { status }]) => status !== "Failed" || name === "record heartbeat" || name === "end original instances",
    );
  }

  /** What a wait may be for besides hosts, and for how long. */
  isPatient(until: number, seen: World): { readonly isWaiting: boolean } {
    assert(!isAlarming(seen) || this.isEnding(seen), "ALARMS: one that is active stops the deployment");
    const { deployment, now } = seen;
    assert(deployment.missing === undefined || this.isEnding(seen), "MISSING: what has lost its group ends");
    assert(
      this.isLate(now, deployment.kind) || !this.isLate(until - 1, deployment.kind),
      "LIMIT: no wait goes beyond the deployment's time",
    );
    const steps = [...this.steps].filter(([, { status }]) => status === "InProgress");
    for (const [, { startedAt }] of steps)
      assert(until <= startedAt + hour, "TIME: a step has no longer than its time");
    const held = this.#holds.filter(({ isOver }) => !isOver);
    for (const hold of held)
      assert(until <= hold.until || this.isEnding(seen), "TIME: a wait has no longer than its time");
    const isBlind = deployment.alarms !== undefined && seen.alarms === undefined;
    const blocking = steps.filter(([name]) => name !== "record heartbeat");
    return { isWaiting: blocking.length + held.length > 0 || isBlind };
  }

  comesToAnEnd(last: Decision | undefined, { now, deployment }: World): void {
    if (this.isOver) return assert.notEqual(last?.do, "wait", "FINAL: nothing is waited for after the end");
    assert(last?.do === "wait" || last?.do === "look up fleet", "WAIT: a live deployment never decides nothing");
    const isTidyingUp = (["resume processes", "complete lifecycle action"] as const).some(
      (name) => this.steps.get(name)?.status === "InProgress",
    );
    assert(!this.isLate(now, deployment.kind) || isTidyingUp, "LIMIT: a deployment ends when its time is over");
  }

  /** Whether a wait has been entered and left again. */
  hasHeld = (hold: string): boolean => this.#holds.some(({ name, isOver }) => name === hold && isOver);

  /** Whether the deployment was not continued in time. */
  isGateClosed = (now: number): boolean =>
    this.#holds.some(({ name, isOver, until }) => name === "READY_WAIT" && !isOver && now >= until);

  isLate(now: number, kind: DeploymentKind): boolean {
    const watched = this.#holds.filter(({ name }) => name.startsWith("monitor "));
    const limit = watched.reduce((sum, { length }) => sum + length, limits[kind]);
    return this.beganAt !== undefined && now - this.beganAt >= limit;
  }

  isEnding({ deployment, now }: World): boolean {
    return deployment.stopRequestedAt !== undefined || this.#stopped || this.isLate(now, deployment.kind);
  }
}

function isAlarming({ deployment, alarms }: World): boolean {
  if (deployment.alarms === undefined || alarms === undefined) return false;
  return "unreadable" in alarms ? !deployment.alarms.ignorePollAlarmFailure : alarms.active.length > 0;
}
