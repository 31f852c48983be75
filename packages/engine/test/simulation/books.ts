// The invariants of SPEC.md, held against every decision. The books are kept apart from the engine's own state and arithmetic: what they find is not what the engine believes.
import assert from "node:assert/strict";
import type {
  Answer,
  Decision,
  FleetMember,
  InstanceState,
  LifecycleEventName,
  StepName,
  Target,
  World,
} from "../../src/index.ts";

const minute = 60_000;

/** One target, as the books have it. */
interface Page {
  readonly need: number;
  readonly plan: readonly LifecycleEventName[];
  place: number;
  outstanding: Outstanding | undefined;
  /** Outcomes of the events so far. */
  readonly outcomes: ("Succeeded" | "Failed" | "Skipped")[];
  status: "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";
}

/** An event that has been handed out; `byService` when a gateway runs it. */
interface Outstanding {
  readonly event: LifecycleEventName;
  readonly issuedAt: number;
  readonly byService: boolean;
  acknowledgedAt?: number;
}

type Of<Do extends Decision["do"]> = Decision & { readonly do: Do };
type Reports = ReadonlyMap<string, Answer & { readonly kind: "completed" }>;

/** Follows a deployment decision by decision and refuses the first that breaks an invariant. */
export class Books {
  readonly #issued = new Set<string>();
  readonly #pages = new Map<string, Page>();
  readonly #steps = new Map<StepName, { readonly startedAt: number; status: "InProgress" | "Succeeded" | "Failed" }>();
  #isOver = false;
  /** An end from outside has left a target undone. */
  #isCutShort = false;
  #beganAt: number | undefined;

  /** A pass: the world that it saw, and what it decided. */
  pass(seen: World, decisions: readonly Decision[], after: World): void {
    const reports = new Map<string, Answer & { kind: "completed" }>();
    for (const answer of seen.answers)
      if (answer.kind === "completed" && !reports.has(answer.commandId)) reports.set(answer.commandId, answer);
    for (const decision of decisions) this.#check(decision, seen, reports);
    this.#comesToAnEnd(decisions, seen);
    assert.equal(after.answers.length, 0, "ANSWERS: a pass deals with every answer");
    this.#agrees(after, seen);
  }

  #check(decision: Decision, seen: World, reports: Reports): void {
    if (decision.do === "disregard answer") return;
    if (decision.do === "wait") return this.#isPatient(decision, seen);
    assert(!this.#isOver, `FINAL: "${decision.do}" after the end`);
    if (decision.do === "begin") return this.#begins(seen);
    if (decision.do === "add targets") return this.#adds(decision, seen);
    if (decision.do === "start step") return this.#startsStep(decision, seen);
    if (decision.do === "settle step") return this.#settlesStep(decision, seen, reports);
    if (decision.do === "run") return this.#runs(decision, seen);
    if (decision.do === "note start") return this.#starts(decision, seen);
    if (decision.do === "settle event") return this.#settlesEvent(decision, seen, reports);
    if (decision.do === "settle target") return this.#settlesTarget(decision, seen);
    if (decision.do === "finish") this.#finishes(decision, seen);
  }

  #begins({ now, deployment }: World): void {
    assert.equal(this.#beganAt, undefined, "BEGIN: a deployment begins once");
    assert.equal(deployment.stopRequestedAt, undefined, "STOP: nothing begins after a stop");
    this.#beganAt = now;
  }

  #adds({ targets, events }: Of<"add targets">, { deployment }: World): void {
    assert.notEqual(this.#beganAt, undefined, "BEGIN: targets take part in a deployment that has begun");
    assert(mostUnavailable(deployment, targets.length) > 0, "CONSTRAINTS: something may be out of service");
    const needs = targets.map(needOf);
    assert.deepEqual(
      needs,
      needs.toSorted((a, b) => a - b),
      "ORDER: the neediest hosts go first",
    );
    for (const member of targets) {
      assert(!this.#pages.has(member.id), "BEGIN: a host is one target");
      const need = needOf(member);
      this.#pages.set(member.id, {
        need,
        plan: events,
        place: 0,
        outstanding: undefined,
        outcomes: [],
        status: "Pending",
      });
    }
  }

  #startsStep({ step }: Of<"start step">, seen: World): void {
    assert(!this.#steps.has(step), `ONCE: "${step}" is done once`);
    if (step === "resume processes")
      assert(this.#count().inFlight === 0, "STEPS: processes rest while a host is under way");
    else {
      assert(!this.#isEnding(seen), "STOP: no step begins after a stop, but those that tidy up");
      assert.equal(this.#issued.size, 0, "STEPS: what comes first is done before a host is touched");
    }
    this.#steps.set(step, { startedAt: seen.now, status: "InProgress" });
  }

  #settlesStep({ id, as }: Of<"settle step">, { now, deployment }: World, reports: Reports): void {
    const name = deployment.steps.find((step) => step.id === id)?.name ?? "check load balancers";
    const step = this.#steps.get(name);
    assert.equal(step?.status, "InProgress", "FINAL: a step ends once");
    const report = reports.get(id);
    if (report !== undefined) assert.equal(as, report.status, "ANSWERS: the first outcome that arrives counts");
    else {
      assert.equal(as, "Failed", "ANSWERS: a step succeeds only when its gateway says so");
      assert(now - step.startedAt >= 60 * minute, "TIME: a step that has time left goes on");
    }
    step.status = as;
  }

  #runs({ target, event, work }: Of<"run">, { now, deployment }: World): void {
    const page = this.#page(target);
    assert.equal(deployment.stopRequestedAt, undefined, "STOP: no command after a stop");
    assert(!this.#isLate(now), "LIMIT: no command after the deployment's time");
    assert.equal(page.outstanding, undefined, "ONE AT A TIME: a host has one command of a deployment");
    assert.equal(event, page.plan[page.place], "EVENTS: in the order of the plan, none left out");
    assert(!this.#issued.has(`${target}/${event}`), "ONCE: a command is issued once");
    assert(!this.#hasFailed(page, deployment), "EVENTS: none after a failure");
    if (page.status === "Pending") {
      const { inFlight, failed } = this.#count();
      const most = mostUnavailable(deployment, this.#pages.size);
      assert(inFlight + failed < most, `CONSTRAINTS: ${inFlight} in flight and ${failed} failed of ${most}`);
      const waiting = [...this.#pages.values()].filter(({ status }) => status === "Pending");
      for (const { need } of waiting) assert(need >= page.need, "ORDER: the neediest hosts go first");
    } else assert.equal(page.status, "InProgress", "FINAL: a target that is over runs nothing");
    page.status = "InProgress";
    const byService = event === "BlockTraffic" || event === "AllowTraffic";
    assert.equal(work !== undefined, byService, "EVENTS: the service runs what is reserved for it, and nothing else");
    page.outstanding = { event, issuedAt: now, byService, ...(byService ? { acknowledgedAt: now } : {}) };
    page.place += 1;
    this.#issued.add(`${target}/${event}`);
  }

  #starts({ target, event, at, commandId }: Of<"note start">, seen: World): void {
    const { outstanding } = this.#page(target);
    assert.equal(outstanding?.event, event, "ANSWERS: what starts has been handed out");
    assert.equal(outstanding.acknowledgedAt, undefined, "ANSWERS: an event starts once");
    assert(
      seen.answers.some((answer) => answer.kind === "acknowledged" && answer.commandId === commandId),
      "ANSWERS: an event starts when its host says so",
    );
    outstanding.acknowledgedAt = at;
  }

  #settlesEvent(decision: Of<"settle event">, seen: World, reports: Reports): void {
    const { target, event, as, commandId } = decision;
    const page = this.#page(target);
    const { outstanding } = page;
    assert.equal(outstanding?.event, event, "FINAL: an event ends once, and only if it was handed out");
    const report = reports.get(commandId);
    if (report !== undefined) assert.equal(as, report.status, "ANSWERS: the first outcome that arrives counts");
    else if (as === "Skipped") {
      assert(this.#isEnding(seen), "STOP: only an ending deployment withdraws commands");
      assert.equal(outstanding.acknowledgedAt, undefined, "STOP: what runs is not withdrawn");
    } else {
      assert.equal(as, "Failed", "ANSWERS: an event succeeds only when its host says so");
      this.#hasReasonToFail(outstanding, seen, target);
    }
    page.outstanding = undefined;
    page.outcomes.push(as);
  }

  #hasReasonToFail(outstanding: Outstanding, seen: World, target: string): void {
    const { issuedAt, acknowledgedAt, byService } = outstanding;
    const isInterrupted = byService && this.#isEnding(seen);
    const isTooLate =
      acknowledgedAt === undefined ? seen.now - issuedAt >= 5 * minute : seen.now - acknowledgedAt >= 60 * minute;
    assert(
      isTooLate || isInterrupted || !isThere(seen.instanceStates[target]) || this.#isLate(seen.now),
      "TIME: an event that has time left goes on",
    );
  }

  #settlesTarget({ target, as }: Of<"settle target">, seen: World): void {
    const page = this.#page(target);
    const { deployment } = seen;
    assert.equal(page.outstanding, undefined, "FINAL: a target ends when nothing runs on it");
    assert(page.status === "Pending" || page.status === "InProgress", "FINAL: a target ends once");
    const hasFailed = this.#hasFailed(page, deployment);
    const isComplete = page.outcomes.length === page.plan.length && !page.outcomes.includes("Skipped");
    if (as === "Succeeded") assert(isComplete && !hasFailed, "TARGET: success is every event done");
    else if (as === "Skipped") {
      assert(
        page.outcomes.every((outcome) => outcome === "Skipped"),
        "TARGET: what has run is not skipped",
      );
      const isHopeless = this.#count().failed >= mostUnavailable(deployment, this.#pages.size);
      assert(this.#isEnding(seen) || isHopeless, "TARGET: no host is skipped while it may have its turn");
    } else assert(hasFailed || (this.#isEnding(seen) && !isComplete), "TARGET: failure has a failed event, or an end");
    assert(as !== "Unknown" && as !== "Ready", "TARGET: in place, a target ends in one of three ways");
    page.status = as;
    this.#isCutShort ||= as !== "Succeeded" && this.#isEnding(seen);
  }

  #finishes({ as, error }: Of<"finish">, seen: World): void {
    const { deployment, now } = seen;
    this.#isOver = true;
    assert.equal(as === "Succeeded", error === undefined, "FINISH: an error, unless it succeeded");
    if (as === "Stopped") assert.notEqual(deployment.stopRequestedAt, undefined, "STOP: nobody has asked to");
    const steps = [...this.#steps.values()];
    assert(!steps.some(({ status }) => status === "InProgress"), "FINISH: when every step is over");
    const suspended = deployment.steps.find(({ name }) => name === "suspend processes")?.noted?.suspended;
    const hasResumed = this.#steps.has("resume processes");
    assert.equal(hasResumed, suspended !== undefined, "STEPS: what was suspended is resumed, however it ends");
    const { inFlight, pending, failed, succeeded, skipped } = this.#count();
    assert.equal(inFlight + pending, 0, "FINISH: when every target is over");
    const most = mostUnavailable(deployment, this.#pages.size);
    const isEnough = skipped === 0 && failed <= most && succeeded > 0;
    const isWoundUp = !steps.some(({ status }) => status === "Failed");
    assert.equal(
      as === "Succeeded",
      isEnough && isWoundUp && !this.#isCutShort,
      "FINISH: success is enough hosts and none left out",
    );
    if (as === "Failed" && isWoundUp && this.#pages.size > 0)
      assert.equal(error?.code, this.#isLate(now) ? "TIMEOUT" : "HEALTH_CONSTRAINTS");
  }

  /** Waiting names what it waits for and when that ends; nothing that could be done is left. */
  #isPatient(decision: Of<"wait">, { now, deployment, instanceStates }: World): void {
    const { until = Number.POSITIVE_INFINITY } = decision;
    assert.notEqual(decision.for, "", "WAIT: names what it waits for");
    assert(until > now, "WAIT: ends by itself");
    assert(this.#isLate(now) || !this.#isLate(until - 1), "LIMIT: no wait goes beyond the deployment's time");
    const { inFlight, pending, failed } = this.#count();
    const steps = [...this.#steps.values()].filter(({ status }) => status === "InProgress");
    assert(inFlight + steps.length > 0, "WAIT: something is under way");
    for (const { startedAt } of steps)
      assert(until <= startedAt + 60 * minute, "TIME: a step has no longer than its time");
    const hasRoom = inFlight + failed < mostUnavailable(deployment, this.#pages.size);
    assert(pending === 0 || !hasRoom, "WAIT: a free place is taken at once");
    for (const [target, { status, outstanding }] of this.#pages) {
      if (status !== "InProgress") continue;
      assert(outstanding !== undefined, "WAIT: no host is idle between its events");
      const { issuedAt, acknowledgedAt } = outstanding;
      const limit = acknowledgedAt === undefined ? issuedAt + 5 * minute : acknowledgedAt + 60 * minute;
      assert(until <= limit, "TIME: an event has no longer than its time");
      assert(isThere(instanceStates[target]), "GONE: nobody waits for an instance that is gone");
    }
  }

  #comesToAnEnd(decisions: readonly Decision[], { now }: World): void {
    const last = decisions.at(-1);
    if (this.#isOver) return assert.notEqual(last?.do, "wait", "FINAL: nothing is waited for after the end");
    assert(last?.do === "wait" || last?.do === "look up fleet", "WAIT: a live deployment never decides nothing");
    const isTidyingUp = this.#steps.get("resume processes")?.status === "InProgress";
    assert(!this.#isLate(now) || isTidyingUp, "LIMIT: a deployment ends when its time is over");
  }

  /** The world that is stored says what the books say. */
  #agrees({ targets, deployment }: World, before: World): void {
    for (const [place, target] of targets.entries()) {
      if (target === before.targets[place] && !this.#isOver) continue;
      const page = this.#page(target.id);
      assert.equal(target.status, page.status, "BOOKS: statuses of targets");
      isWellFormed(target);
      if (this.#isOver) assert(!["Pending", "InProgress"].includes(target.status), "FINISH: every target is over");
    }
    assert.equal(deployment.completeTime !== undefined, this.#isOver, "BOOKS: the end has a time");
  }

  #page(target: string): Page {
    const page = this.#pages.get(target);
    assert(page !== undefined, `BEGIN: ${target} is a target`);
    return page;
  }

  #count() {
    const of = (status: Page["status"]) => [...this.#pages.values()].filter((page) => page.status === status).length;
    return {
      pending: of("Pending"),
      inFlight: of("InProgress"),
      succeeded: of("Succeeded"),
      failed: of("Failed"),
      skipped: of("Skipped"),
    };
  }

  /** A failed event that nobody tolerates. */
  #hasFailed({ outcomes, plan }: Page, { ignoreApplicationStopFailures }: World["deployment"]): boolean {
    return outcomes.some(
      (outcome, place) => outcome === "Failed" && !(ignoreApplicationStopFailures && tolerable.has(plan[place] ?? "")),
    );
  }

  #isLate = (now: number): boolean => this.#beganAt !== undefined && now - this.#beganAt >= 480 * minute;
  #isEnding = ({ deployment, now }: World): boolean => deployment.stopRequestedAt !== undefined || this.#isLate(now);
}

const tolerable: ReadonlySet<string> = new Set(["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"]);

const isThere = (state: InstanceState = "running") => state === "running" || state === "pending";

/** 0 for the neediest: Unhealthy, then revision Unknown, Old, Current. */
function needOf({ health, revision }: FleetMember): number {
  return health === "Unhealthy" ? 0 : ["", "Unknown", "Old", "Current"].indexOf(revision);
}

/** B by its definition: the hosts left when the fewest that satisfy the configuration stay healthy. */
function mostUnavailable({ minimumHealthyHosts: { type, value } }: World["deployment"], hosts: number): number {
  if (type === "MOST_CONCURRENCY") return value;
  if (type === "HOST_COUNT") return hosts - value;
  let healthy = 0;
  while (healthy * 100 < hosts * value) healthy += 1;
  return hosts === 1 ? 1 : hosts - healthy;
}

function isWellFormed({ events }: Target): void {
  for (const { name, status, startTime, endTime, command } of events) {
    const isOver = status === "Succeeded" || status === "Failed" || status === "Skipped";
    assert.equal(endTime !== undefined, isOver, `BOOKS: ${name} has an end when it is over`);
    if (status === "InProgress") assert(startTime !== undefined && command?.acknowledgedAt !== undefined);
    if (startTime !== undefined && endTime !== undefined)
      assert(startTime <= endTime, `BOOKS: ${name} begins before it ends`);
  }
}
