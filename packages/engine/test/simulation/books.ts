// The invariants of SPEC.md, held against every decision. The books are kept apart from the engine's own state and arithmetic: what they find is not what the engine believes.
import assert from "node:assert/strict";
import type {
  Answer,
  Decision,
  FleetMember,
  InstanceState,
  LifecycleEventName,
  Target,
  World,
} from "../../src/index.ts";

const minute = 60_000;

interface Page {
  readonly need: number;
  place: number;
  outstanding: { event: LifecycleEventName; issuedAt: number; acknowledgedAt?: number } | undefined;
  /** Outcomes of the events so far. */
  readonly outcomes: ("Succeeded" | "Failed" | "Skipped")[];
  status: "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";
}

type Of<Do extends Decision["do"]> = Decision & { readonly do: Do };

/** Follows a deployment decision by decision and refuses the first that breaks an invariant. */
export class Books {
  readonly #issued = new Set<string>();
  #pages = new Map<string, Page>();
  #plan: readonly LifecycleEventName[] = [];
  #isOver = false;
  #beganAt: number | undefined;

  /** A pass: the world that it saw, and what it decided. */
  pass(seen: World, decisions: readonly Decision[], after: World): void {
    const reports = new Map<string, Answer>();
    for (const answer of seen.answers)
      if (answer.kind === "completed" && !reports.has(answer.commandId)) reports.set(answer.commandId, answer);
    for (const decision of decisions) this.#check(decision, seen, reports);
    this.#comesToAnEnd(decisions, seen);
    assert.equal(after.answers.length, 0, "ANSWERS: a pass deals with every answer");
    this.#agrees(after, seen);
  }

  #check(decision: Decision, seen: World, reports: ReadonlyMap<string, Answer>): void {
    if (decision.do === "disregard answer") return;
    if (decision.do === "wait") return this.#isPatient(decision, seen);
    assert(!this.#isOver, `FINAL: "${decision.do}" after the end`);
    if (decision.do === "begin") return this.#begins(decision, seen);
    if (decision.do === "run") return this.#runs(decision, seen);
    if (decision.do === "note start") return this.#starts(decision, seen);
    if (decision.do === "settle event") return this.#settlesEvent(decision, seen, reports);
    if (decision.do === "settle target") return this.#settlesTarget(decision, seen);
    if (decision.do === "finish") this.#finishes(decision, seen);
  }

  #begins({ targets, events }: Of<"begin">, { now, deployment }: World): void {
    assert.equal(this.#beganAt, undefined, "BEGIN: a deployment begins once");
    assert.equal(deployment.stopRequestedAt, undefined, "STOP: nothing begins after a stop");
    assert(mostUnavailable(deployment, targets.length) > 0, "CONSTRAINTS: something may be out of service");
    const needs = targets.map(needOf);
    assert.deepEqual(
      needs,
      needs.toSorted((a, b) => a - b),
      "ORDER: the neediest hosts go first",
    );
    this.#beganAt = now;
    this.#plan = events;
    this.#pages = new Map(
      targets.map((member) => [
        member.id,
        { need: needOf(member), place: 0, outstanding: undefined, outcomes: [], status: "Pending" },
      ]),
    );
    assert.equal(this.#pages.size, targets.length, "BEGIN: a host is one target");
  }

  #runs({ target, event }: Of<"run">, { now, deployment }: World): void {
    const page = this.#page(target);
    assert.equal(deployment.stopRequestedAt, undefined, "STOP: no command after a stop");
    assert(!this.#isLate(now), "LIMIT: no command after the deployment's time");
    assert.equal(page.outstanding, undefined, "ONE AT A TIME: a host has one command of a deployment");
    assert.equal(event, this.#plan[page.place], "EVENTS: in the order of the plan, none left out");
    assert(!this.#issued.has(`${target}/${event}`), "ONCE: a command is issued once");
    assert(!this.#hasFailed(page, deployment), "EVENTS: none after a failure");
    if (page.status === "Pending") {
      const { inFlight, failed } = this.#count();
      const most = mostUnavailable(deployment, this.#pages.size);
      assert(inFlight + failed < most, `CONSTRAINTS: ${inFlight} in flight and ${failed} failed of ${most}`);
      const waiting = [...this.#pages.values()].filter(({ status }) => status === "Pending");
      assert(
        waiting.every(({ need }) => need >= page.need),
        "ORDER: the neediest hosts go first",
      );
    } else assert.equal(page.status, "InProgress", "FINAL: a target that is over runs nothing");
    page.status = "InProgress";
    page.outstanding = { event, issuedAt: now };
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

  #settlesEvent(decision: Of<"settle event">, seen: World, reports: ReadonlyMap<string, Answer>): void {
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

  #hasReasonToFail(outstanding: NonNullable<Page["outstanding"]>, seen: World, target: string): void {
    const { issuedAt, acknowledgedAt } = outstanding;
    const isTooLate =
      acknowledgedAt === undefined ? seen.now - issuedAt >= 5 * minute : seen.now - acknowledgedAt >= 60 * minute;
    assert(
      isTooLate || !isThere(seen.instanceStates[target]) || this.#isLate(seen.now),
      "TIME: an event that has time left goes on",
    );
  }

  #settlesTarget({ target, as }: Of<"settle target">, seen: World): void {
    const page = this.#page(target);
    const { deployment } = seen;
    assert.equal(page.outstanding, undefined, "FINAL: a target ends when nothing runs on it");
    assert(page.status === "Pending" || page.status === "InProgress", "FINAL: a target ends once");
    const hasFailed = this.#hasFailed(page, deployment);
    const isComplete = page.outcomes.length === this.#plan.length && !page.outcomes.includes("Skipped");
    if (as === "Succeeded") assert(isComplete && !hasFailed, "TARGET: success is every event done");
    else if (as === "Skipped") {
      assert(
        page.outcomes.every((outcome) => outcome === "Skipped"),
        "TARGET: what has run is not skipped",
      );
      const isHopeless = this.#count().failed >= mostUnavailable(deployment, this.#pages.size);
      assert(this.#isEnding(seen) || isHopeless, "TARGET: no host is skipped while it may have its turn");
    } else assert(hasFailed || (this.#isEnding(seen) && !isComplete), "TARGET: failure has a failed event, or an end");
    assert.notEqual(as, "Unknown");
    page.status = as === "Unknown" ? "Failed" : as;
  }

  #finishes({ as, error }: Of<"finish">, seen: World): void {
    const { deployment, now } = seen;
    this.#isOver = true;
    assert.equal(as === "Succeeded", error === undefined, "FINISH: an error, unless it succeeded");
    if (this.#beganAt === undefined) return assert.notEqual(as, "Succeeded", "FINISH: nothing succeeds unbegun");
    const { inFlight, pending, failed, succeeded, skipped } = this.#count();
    assert.equal(inFlight + pending, 0, "FINISH: when every target is over");
    if (as === "Stopped") assert.notEqual(deployment.stopRequestedAt, undefined, "STOP: nobody has asked to");
    const most = mostUnavailable(deployment, this.#pages.size);
    const isEnough = skipped === 0 && failed <= most && succeeded > 0;
    const isCutShort = this.#isEnding(seen) && failed + skipped > 0;
    assert.equal(as === "Succeeded", isEnough && !isCutShort, "FINISH: success is enough hosts and none left out");
    if (as === "Failed") assert.equal(error?.code, this.#isLate(now) && isCutShort ? "TIMEOUT" : "HEALTH_CONSTRAINTS");
  }

  /** Waiting names what it waits for and when that ends; nothing that could be done is left. */
  #isPatient(decision: Of<"wait">, { now, deployment, instanceStates }: World): void {
    const { until = Number.POSITIVE_INFINITY } = decision;
    assert.notEqual(decision.for, "", "WAIT: names what it waits for");
    assert(until > now, "WAIT: ends by itself");
    assert(this.#isLate(now) || !this.#isLate(until - 1), "LIMIT: no wait goes beyond the deployment's time");
    const { inFlight, pending, failed } = this.#count();
    assert(inFlight > 0, "WAIT: something is under way");
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
    assert(!this.#isLate(now), "LIMIT: a deployment ends when its time is over");
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
  #hasFailed({ outcomes }: Page, { ignoreApplicationStopFailures }: World["deployment"]): boolean {
    return outcomes.some(
      (outcome, place) =>
        outcome === "Failed" && !(ignoreApplicationStopFailures && this.#plan[place] === "ApplicationStop"),
    );
  }

  #isLate = (now: number): boolean => this.#beganAt !== undefined && now - this.#beganAt >= 480 * minute;
  #isEnding = ({ deployment, now }: World): boolean => deployment.stopRequestedAt !== undefined || this.#isLate(now);
}

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
