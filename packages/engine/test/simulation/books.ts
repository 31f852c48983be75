// The invariants of SPEC.md, held against every decision. The books are kept apart from the engine's own state and arithmetic: what they find is not what the engine believes.
import assert from "node:assert/strict";
import type { Answer, Decision, World } from "../../src/index.ts";
import { isTaken, isThere, mostUnavailable, needOf, pickUpBy, tolerable, watchedFor } from "./arithmetic.ts";
import { Frame } from "./frame.ts";
import { countOf, isWellFormed, type Of, type Outstanding, type Page, type Reports } from "./page.ts";

const minute = 60_000;

/** Follows a deployment decision by decision and refuses the first that breaks an invariant. */
export class Books {
  readonly #frame = new Frame();
  readonly #issued = new Set<string>();
  readonly #pages = new Map<string, Page>();
  /** An end from outside has left a target undone. */
  #isCutShort = false;

  /** A pass: the world that it saw, and what it decided. */
  pass(seen: World, decisions: readonly Decision[], after: World): void {
    const reports = new Map<string, Answer & { kind: "completed" }>();
    for (const answer of seen.answers)
      if (answer.kind === "completed" && !reports.has(answer.commandId)) reports.set(answer.commandId, answer);
    for (const decision of decisions) this.#check(decision, seen, reports);
    this.#frame.comesToAnEnd(decisions.at(-1), seen);
    assert.equal(after.answers.length, 0, "ANSWERS: a pass deals with every answer");
    this.#agrees(after, seen);
  }

  #check(decision: Decision, seen: World, reports: Reports): void {
    if (decision.do === "disregard answer") return;
    if (decision.do === "wait") return this.#isPatient(decision, seen);
    assert(!this.#frame.isOver, `FINAL: "${decision.do}" after the end`);
    switch (decision.do) {
      case "begin":
        return this.#frame.begins(seen);
      case "add targets":
        return this.#adds(decision, seen);
      case "run":
        return this.#runs(decision, seen);
      case "note start":
        return this.#starts(decision, seen);
      case "settle event":
        return this.#settlesEvent(decision, seen, reports);
      case "settle target":
        return this.#settlesTarget(decision, seen);
      case "start step":
        return this.#frame.startsStep(decision, seen, {
          inFlight: this.#count().InProgress,
          touched: this.#issued.size,
        });
      case "settle step":
        return this.#frame.settlesStep(decision, seen, reports);
      case "hold":
        return this.#holds(decision, seen);
      case "release":
        return this.#frame.releases(decision, seen);
      case "stop":
        return this.#frame.stops(decision, seen);
      case "finish":
        return this.#finishes(decision, seen);
      case "look up fleet":
      case "note progress":
      case "warn":
    }
  }

  #adds({ targets, events }: Of<"add targets">, { deployment, fleet }: World): void {
    assert.notEqual(this.#frame.beganAt, undefined, "BEGIN: targets take part in a deployment that has begun");
    for (const member of targets) {
      assert(!this.#pages.has(member.id), "BEGIN: a host is one target");
      const page = {
        id: member.id,
        need: needOf(member),
        zone: deployment.zonal === undefined ? "" : (member.zone ?? ""),
      };
      const nothing = { isUnheard: false, place: 0, outstanding: undefined, outcomes: [], status: "Pending" } as const;
      this.#pages.set(member.id, { ...page, plan: events, ...nothing, outcomes: [] });
    }
    for (const zone of this.#zones()) {
      const here = this.#in(zone);
      assert(mostUnavailable(this.#ruleOf(zone, deployment), here.length) > 0, "CONSTRAINTS: every zone can begin");
      for (const [at, { need }] of here.entries())
        assert(at === 0 || need >= (here[at - 1]?.need ?? 0), "ORDER: the neediest hosts go first");
    }
    assert(mostUnavailable(deployment.minimumHealthyHosts, targets.length) > 0, "CONSTRAINTS: something can begin");
    const found = fleet !== undefined && "found" in fleet ? fleet.found : [];
    const wanted = found.filter(
      ({ state, health, holdsRevision }) =>
        state !== "terminated" && !(deployment.outdatedOnly === true && health === "Healthy" && holdsRevision === true),
    );
    assert.equal(targets.length, wanted.length, "OUTDATED: every host that has to take part does, and no other");
  }

  #runs({ target, event, work }: Of<"run">, seen: World): void {
    const page = this.#page(target);
    const { now, deployment } = seen;
    assert(!this.#frame.isEnding(seen), "STOP: no command after a stop, nor after the deployment's time");
    assert.equal(page.outstanding, undefined, "ONE AT A TIME: a host has one command of a deployment");
    assert.equal(event, page.plan[page.place], "EVENTS: in the order of the plan, none left out");
    assert(!this.#issued.has(`${target}/${event}`), "ONCE: a command is issued once");
    assert(!this.#hasFailed(page, deployment), "EVENTS: none after a failure");
    assert(!isTaken(seen, target), "TURNS: nothing runs on a host while another deployment goes first there");
    if (page.status === "Pending") {
      assert(this.#room(page.zone, deployment) > 0, "CONSTRAINTS: nobody leaves who has to stay");
      assert.equal(page.zone, this.#zoneInTurn(deployment), "ZONES: one after the other, each watched when it is done");
      const others = this.#in(page.zone).filter(({ id }) => !isTaken(seen, id));
      for (const { need, status } of others)
        assert(status !== "Pending" || need >= page.need, "ORDER: the neediest hosts go first");
    } else assert.equal(page.status, "InProgress", "FINAL: a target that is over runs nothing");
    const byService = event === "BlockTraffic" || event === "AllowTraffic";
    assert.equal(work !== undefined, byService, "EVENTS: the service runs what is reserved for it, and nothing else");
    page.status = "InProgress";
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
      assert(this.#frame.isEnding(seen), "STOP: only an ending deployment withdraws commands");
      assert.equal(outstanding.acknowledgedAt, undefined, "STOP: what runs is not withdrawn");
    } else {
      assert.equal(as, "Failed", "ANSWERS: an event succeeds only when its host says so");
      this.#hasReasonToFail(outstanding, seen, target);
      page.isUnheard ||= outstanding.acknowledgedAt === undefined && decision.agentIssue !== undefined;
    }
    page.outstanding = undefined;
    page.outcomes.push(as);
  }

  #hasReasonToFail(outstanding: Outstanding, seen: World, target: string): void {
    const { issuedAt, acknowledgedAt, byService } = outstanding;
    const isInterrupted = (byService && this.#frame.isEnding(seen)) || this.#frame.isLate(seen.now);
    const isTooLate =
      acknowledgedAt === undefined
        ? seen.now >= pickUpBy(seen, target, issuedAt)
        : seen.now - acknowledgedAt >= 60 * minute;
    const isGone = !isThere(seen.instanceStates[target]);
    assert(isTooLate || isInterrupted || isGone, "TIME: an event that has time left goes on");
  }

  #settlesTarget({ target, as }: Of<"settle target">, seen: World): void {
    const page = this.#page(target);
    assert.equal(page.outstanding, undefined, "FINAL: a target ends when nothing runs on it");
    assert(page.status === "Pending" || page.status === "InProgress", "FINAL: a target ends once");
    const hasFailed = this.#hasFailed(page, seen.deployment);
    const isComplete = page.outcomes.length === page.plan.length && !page.outcomes.includes("Skipped");
    const isEnding = this.#frame.isEnding(seen);
    if (as === "Succeeded") assert(isComplete && !hasFailed, "TARGET: success is every event done");
    else if (as === "Skipped") {
      assert(!page.outcomes.some((outcome) => outcome !== "Skipped"), "TARGET: what has run is not skipped");
      assert(isEnding || this.#isHopeless(seen.deployment), "TARGET: no host is skipped while it may have its turn");
    } else assert(hasFailed || (isEnding && !isComplete), "TARGET: failure has a failed event, or an end");
    assert(as !== "Unknown" && as !== "Ready", "TARGET: in place, a target ends in one of three ways");
    page.status = as;
    this.#isCutShort ||= as !== "Succeeded" && isEnding;
  }

  #holds(decision: Of<"hold">, seen: World): void {
    const { deployment, now } = seen;
    const zones = this.#zones();
    const zone = zones.find((name) => `monitor ${name}` === decision.hold) ?? "";
    const { Pending, InProgress } = countOf(this.#in(zone));
    assert.equal(Pending + InProgress, 0, "ZONES: a zone is watched when it is done");
    assert(countOf(this.#pages.values()).Pending > 0, "ZONES: the last zone is not watched");
    assert(deployment.zonal !== undefined);
    assert.equal(decision.until - now, watchedFor(deployment.zonal, zone, zones), "ZONES: for as long as it says");
    this.#frame.holds(decision, seen);
  }

  #finishes(decision: Of<"finish">, seen: World): void {
    const { deployment, now } = seen;
    const { as, error } = decision;
    this.#frame.finishes(decision, seen);
    const { InProgress, Pending, Failed, Succeeded, Skipped } = this.#count();
    assert.equal(InProgress + Pending, 0, "FINISH: when every target is over");
    if (this.#frame.beganAt === undefined) return;
    const most = mostUnavailable(deployment.minimumHealthyHosts, this.#pages.size);
    const isNothing = deployment.outdatedOnly === true && this.#pages.size === 0;
    const isEnough = isNothing || (Skipped === 0 && Failed <= most && Succeeded > 0);
    const isWoundUp = [...this.#frame.steps.values()].every(({ status }) => status !== "Failed");
    const isSuccess = isEnough && isWoundUp && !this.#isCutShort;
    assert.equal(as === "Succeeded", isSuccess, "FINISH: success is enough hosts and none left out");
    if (as === "Failed" && isWoundUp) {
      const isSilence = Failed > 0 && error?.code === "AGENT_ISSUE";
      const fault = isSilence ? "AGENT_ISSUE" : "HEALTH_CONSTRAINTS";
      assert.equal(error?.code, this.#frame.isLate(now) && this.#isCutShort ? "TIMEOUT" : fault);
      for (const { status, isUnheard } of this.#pages.values())
        assert(
          !isSilence || status !== "Failed" || isUnheard,
          "SEEN: agents are the cause when they are on every host",
        );
    }
  }

  /** Waiting names what it waits for and when that ends; nothing that could be done is left. */
  #isPatient(decision: Of<"wait">, seen: World): void {
    const { now, deployment, instanceStates } = seen;
    const { until = Number.POSITIVE_INFINITY } = decision;
    assert.notEqual(decision.for, "", "WAIT: names what it waits for");
    assert(until > now, "WAIT: ends by itself");
    const { isWaiting } = this.#frame.isPatient(until, seen);
    const isQueueing = [...this.#pages.values()].some(({ id }) => isTaken(seen, id));
    assert(isWaiting || isQueueing || this.#count().InProgress > 0, "WAIT: something is under way");
    const zone = this.#zoneInTurn(deployment);
    const free = this.#in(zone ?? "").filter(({ id, status }) => status === "Pending" && !isTaken(seen, id));
    const isIdle = zone !== undefined && free.length > 0 && this.#room(zone, deployment) > 0;
    assert(isWaiting || !isIdle, "WAIT: a free place is taken at once");
    for (const [target, { status, outstanding }] of this.#pages) {
      if (status !== "InProgress") continue;
      if (outstanding === undefined) {
        assert(isTaken(seen, target), "WAIT: no host is idle between its events");
        continue;
      }
      const { issuedAt, acknowledgedAt } = outstanding;
      const limit = acknowledgedAt === undefined ? pickUpBy(seen, target, issuedAt) : acknowledgedAt + 60 * minute;
      assert(until <= limit, "TIME: an event has no longer than its time");
      assert(isThere(instanceStates[target]), "GONE: nobody waits for an instance that is gone");
    }
  }

  /** The world that is stored says what the books say. */
  #agrees({ targets, deployment }: World, before: World): void {
    const { isOver } = this.#frame;
    for (const [place, target] of targets.entries()) {
      if (target === before.targets[place] && !isOver) continue;
      const page = this.#page(target.id);
      assert.equal(target.status, page.status, "BOOKS: statuses of targets");
      isWellFormed(target);
      if (isOver) assert(!["Pending", "InProgress"].includes(target.status), "FINISH: every target is over");
    }
    assert.equal(deployment.completeTime !== undefined, isOver, "BOOKS: the end has a time");
  }

  #page(target: string): Page {
    const page = this.#pages.get(target);
    assert(page !== undefined, `BEGIN: ${target} is a target`);
    return page;
  }

  #count = () => countOf(this.#pages.values());
  #zones = () => [...new Set([...this.#pages.values()].map(({ zone }) => zone))].toSorted();
  #in = (zone: string) => [...this.#pages.values()].filter((page) => page.zone === zone);

  #ruleOf = (_zone: string, { zonal, minimumHealthyHosts }: World["deployment"]) =>
    zonal === undefined ? minimumHealthyHosts : zonal.minimumHealthyHostsPerZone;

  /** How many more may leave, by the zone's rule and by the whole deployment's. */
  #room(zone: string, deployment: World["deployment"]): number {
    const left = (pages: readonly Page[], rule: World["deployment"]["minimumHealthyHosts"]) => {
      const { InProgress, Failed } = countOf(pages);
      return mostUnavailable(rule, pages.length) - InProgress - Failed;
    };
    const whole = left([...this.#pages.values()], deployment.minimumHealthyHosts);
    return Math.min(whole, left(this.#in(zone), this.#ruleOf(zone, deployment)));
  }

  /** The first zone that is not done, if those before it have been watched. */
  #zoneInTurn({ zonal }: World["deployment"]): string | undefined {
    const zones = this.#zones();
    for (const zone of zones) {
      const { Pending, InProgress } = countOf(this.#in(zone));
      if (Pending + InProgress > 0) return zone;
      if (zonal !== undefined && watchedFor(zonal, zone, zones) > 0 && !this.#frame.hasWatched(zone)) return undefined;
    }
    return undefined;
  }

  /** Failures have used up what may be out of service, in a zone that is not done or in the whole. */
  #isHopeless(deployment: World["deployment"]): boolean {
    const { Failed, Skipped } = this.#count();
    if (Skipped > 0 || Failed >= mostUnavailable(deployment.minimumHealthyHosts, this.#pages.size)) return true;
    return this.#zones().some((zone) => {
      const here = this.#in(zone);
      const { Pending, Failed: failed } = countOf(here);
      return Pending > 0 && failed >= mostUnavailable(this.#ruleOf(zone, deployment), here.length);
    });
  }

  /** A failed event that nobody tolerates. */
  #hasFailed({ outcomes, plan }: Page, { ignoreApplicationStopFailures }: World["deployment"]): boolean {
    return outcomes.some(
      (outcome, place) => outcome === "Failed" && !(ignoreApplicationStopFailures && tolerable.has(plan[place] ?? "")),
    );
  }
}
