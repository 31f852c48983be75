import assert from "node:assert/strict";
import type { Decision, StepName, World } from "../../src/index.ts";
import type { Of, Reports } from "./page.ts";

const minute = 60_000;

/** The deployment as a whole, apart from its hosts: its beginning, its steps, its waits and what ends it from outside. */
export class Frame {
  beganAt: number | undefined;
  isOver = false;
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

  startsStep(
    { step }: Of<"start step">,
    seen: World,
    hosts: { readonly inFlight: number; readonly touched: number },
  ): void {
    assert(!this.steps.has(step), `ONCE: "${step}" is done once`);
    if (step === "resume processes") assert.equal(hosts.inFlight, 0, "STEPS: processes rest while a host is under way");
    else {
      assert(!this.isEnding(seen), "STOP: no step begins after a stop, but those that tidy up");
      assert.equal(hosts.touched, 0, "STEPS: what comes first is done before a host is touched");
    }
    this.steps.set(step, { startedAt: seen.now, status: "InProgress" });
  }

  settlesStep({ id, as }: Of<"settle step">, { now, deployment }: World, reports: Reports): void {
    const name = deployment.steps.find((step) => step.id === id)?.name ?? "check load balancers";
    const step = this.steps.get(name);
    assert.equal(step?.status, "InProgress", "FINAL: a step ends once");
    const report = reports.get(id);
    if (report !== undefined) assert.equal(as, report.status, "ANSWERS: the first outcome that arrives counts");
    else {
      assert.equal(as, "Failed", "ANSWERS: a step succeeds only when its gateway says so");
      assert(now - step.startedAt >= 60 * minute, "TIME: a step that has time left goes on");
    }
    step.status = as;
  }

  holds({ hold, until }: Of<"hold">, seen: World): void {
    assert(!this.isEnding(seen), "STOP: no wait begins after a stop");
    assert(!this.#holds.some(({ name }) => name === hold), "ONCE: a wait is entered once");
    this.#holds.push({ name: hold, until, length: until - seen.now, isOver: false });
  }

  releases({ hold }: Of<"release">, { now }: World): void {
    const held = this.#holds.find(({ name, isOver }) => name === hold && !isOver);
    assert(held !== undefined, "FINAL: a wait ends once");
    assert(now >= held.until, "TIME: a wait that has time left goes on");
    held.isOver = true;
  }

  stops({ error }: Of<"stop">, seen: World): void {
    assert(!this.isEnding(seen), "STOP: what ends already is not stopped");
    assert(isAlarming(seen), "ALARMS: only an alarm stops what nobody asks to stop");
    assert.equal(error.code, "ALARM_ACTIVE");
    this.#stopped = true;
  }

  /** At the end of the deployment. */
  finishes({ as, error }: Of<"finish">, { deployment }: World): void {
    this.isOver = true;
    assert.equal(as === "Succeeded", error === undefined, "FINISH: an error, unless it succeeded");
    if (as === "Stopped")
      assert(deployment.stopRequestedAt !== undefined || this.#stopped, "STOP: neither somebody nor an alarm asks to");
    const steps = [...this.steps.values()];
    assert(!steps.some(({ status }) => status === "InProgress"), "FINISH: when every step is over");
    const suspended = deployment.steps.find(({ name }) => name === "suspend processes")?.noted?.suspended;
    const hasResumed = this.steps.has("resume processes");
    assert.equal(hasResumed, suspended !== undefined, "STEPS: what was suspended is resumed, however it ends");
    if (this.beganAt === undefined) assert.notEqual(as, "Succeeded", "FINISH: nothing succeeds unbegun");
  }

  /** What a wait may be for besides hosts, and for how long. */
  isPatient(until: number, seen: World): { readonly isWaiting: boolean } {
    assert(!isAlarming(seen) || this.isEnding(seen), "ALARMS: one that is active stops the deployment");
    assert(this.isLate(seen.now) || !this.isLate(until - 1), "LIMIT: no wait goes beyond the deployment's time");
    const steps = [...this.steps.values()].filter(({ status }) => status === "InProgress");
    for (const { startedAt } of steps)
      assert(until <= startedAt + 60 * minute, "TIME: a step has no longer than its time");
    const held = this.#holds.filter(({ isOver }) => !isOver);
    for (const hold of held)
      assert(until <= hold.until || this.isEnding(seen), "TIME: a wait has no longer than its time");
    const isBlind = seen.deployment.alarms !== undefined && seen.alarms === undefined;
    return { isWaiting: steps.length + held.length > 0 || isBlind };
  }

  comesToAnEnd(last: Decision | undefined, { now }: World): void {
    if (this.isOver) return assert.notEqual(last?.do, "wait", "FINAL: nothing is waited for after the end");
    assert(last?.do === "wait" || last?.do === "look up fleet", "WAIT: a live deployment never decides nothing");
    const isTidyingUp = this.steps.get("resume processes")?.status === "InProgress";
    assert(!this.isLate(now) || isTidyingUp, "LIMIT: a deployment ends when its time is over");
  }

  /** Whether the zone has been watched for as long as it has to be. */
  hasWatched(zone: string): boolean {
    return this.#holds.some(({ name, isOver }) => name === `monitor ${zone}` && isOver);
  }

  isLate(now: number): boolean {
    const watched = this.#holds.reduce((sum, { length }) => sum + length, 0);
    return this.beganAt !== undefined && now - this.beganAt >= 480 * minute + watched;
  }

  isEnding({ deployment, now }: World): boolean {
    return deployment.stopRequestedAt !== undefined || this.#stopped || this.isLate(now);
  }
}

function isAlarming({ deployment, alarms }: World): boolean {
  if (deployment.alarms === undefined || alarms === undefined) return false;
  return "unreadable" in alarms ? !deployment.alarms.ignorePollAlarmFailure : alarms.active.length > 0;
}
