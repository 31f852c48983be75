// The invariants of SPEC.md, held against every decision. The books are kept apart from the engine's own state and arithmetic: what they find is not what the engine believes.
import assert from "node:assert/strict";
import type { Answer, Decision, Deployment, FleetMember, World } from "../../src/index.ts";
import { isEnded, isTaken, isThere, mostUnavailable, needOf, pickUpBy, watchedFor } from "./arithmetic.ts";
import { Frame } from "./frame.ts";
import { countOf, isWellFormed, type Of, type Outstanding, type Page, type Reports } from "./page.ts";
import { countIn, isForgiven, isHopeless, roomIn, standing, type Ward, wardsOf } from "./wards.ts";

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
    for (const page of this.#pages.values()) page.hasLeft ||= hasLeft(page, seen);
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
      case "start step": {
        const { InProgress: inFlight, Pending, Ready } = this.#count();
        return this.#frame.startsStep(decision, seen, {
          inFlight,
          waiting: Pending + Ready,
          touched: this.#issued.size,
        });
      }
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

  #adds({ targets, events, label }: Of<"add targets">, seen: World): void {
    const { deployment, fleet } = seen;
    assert.notEqual(this.#frame.beganAt, undefined, "BEGIN: targets take part in a deployment that has begun");
    const mayBoot = deployment.kind === "launch" || label === "Green";
    const cohort = this.#pages.size;
    const isFirst = this.#all().every((page) => page.label !== label);
    for (const member of targets) {
      assert(!this.#pages.has(member.id), "BEGIN: a host is one target");
      this.#pages.set(member.id, {
        id: member.id,
        need: needOf(member),
        zone: deployment.zonal === undefined ? "" : (member.zone ?? ""),
        label,
        firstContact: (mayBoot ? 60 : 5) * minute,
        plan: events,
        cohort,
        hasLeft: false,
        place: 0,
        outstanding: undefined,
        outcomes: [],
        isUnheard: false,
        isRefusal: false,
        status: "Pending",
      });
    }
    if (isFirst) for (const ward of this.#wards(deployment)) this.#canBegin(ward, deployment);
    else this.#haveCome(targets, events, seen);
    if (deployment.kind !== "in-place") return;
    assert(mostUnavailable(deployment.minimumHealthyHosts, targets.length) > 0, "CONSTRAINTS: something can begin");
    const found = fleet !== undefined && "found" in fleet ? fleet.found : [];
    const wanted = found.filter((member) => hasToTakePart(member, deployment));
    assert.equal(targets.length, wanted.length, "OUTDATED: every host that has to take part does, and no other");
  }

  /** Those that come later are in the fleet now; only what has the revision already needs no installation. */
  #haveCome(comers: readonly FleetMember[], events: readonly string[], { fleetAgain, replacementAgain }: World): void {
    for (const { id, holdsRevision, health } of comers) {
      const known = [fleetAgain, replacementAgain].some(
        (fleet) => fleet !== undefined && "found" in fleet && fleet.found.some((member) => member.id === id),
      );
      assert(known, "COMERS: who joins later is in the fleet as it was looked up again");
      const isBare = events.includes("BeforeAllowTraffic") && !events.includes("Install");
      assert(!isBare || (holdsRevision === true && health === "Healthy"), "COMERS: no traffic without the revision");
    }
  }

  #canBegin(ward: Ward, deployment: Deployment): void {
    const pages = this.#all().filter((page) => ward.of(page));
    assert(pages.length === 0 || roomIn(ward, this.#all(), deployment) > 0, "CONSTRAINTS: every ward can begin");
    if (ward.rule === "none may fail") return; // all of them go at once
    for (const [at, { need }] of pages.entries())
      assert(at === 0 || need >= (pages[at - 1]?.need ?? 0), "ORDER: the neediest hosts go first");
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
    if (page.status === "InProgress") assert(page.place > 0);
    else this.#leaves(page, seen);
    const byService = event === "BlockTraffic" || event === "AllowTraffic";
    assert.equal(work !== undefined, byService, "EVENTS: the service runs what is reserved for it, and nothing else");
    const within = page.place === 0 ? page.firstContact : 5 * minute;
    page.status = "InProgress";
    page.outstanding = { event, issuedAt: now, byService, within, ...(byService ? { acknowledgedAt: now } : {}) };
    page.place += 1;
    this.#issued.add(`${target}/${event}`);
  }

  /** A host begins a ward: it is the ward's turn, there is room for it, and nobody needs it more. */
  #leaves(page: Page, seen: World): void {
    const { deployment } = seen;
    assert(page.status === "Pending" || page.status === "Ready", "FINAL: a target that is over runs nothing");
    const ward = this.#wardInTurn(deployment);
    assert(ward?.of(page) === true, "ZONES: one after the other, each watched when it is done");
    assert(this.#room(ward, deployment) > 0, "CONSTRAINTS: nobody leaves who has to stay");
    if (ward.rule === "none may fail") return;
    const rivals = this.#all().filter(
      (other) => other.cohort === page.cohort && ward.of(other) && !isTaken(seen, other.id),
    );
    for (const other of rivals)
      if (standing(other, ward, deployment) === "Pending")
        assert(other.need >= page.need, "ORDER: the neediest hosts go first");
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
    page.isRefusal ||= as === "Failed" && report?.error?.code === "IAM_ROLE_PERMISSIONS";
    if (report !== undefined) assert.equal(as, report.status, "ANSWERS: the first outcome that arrives counts");
    else if (as === "Skipped") {
      assert(this.#frame.isEnding(seen), "STOP: only an ending deployment withdraws commands");
      assert.equal(outstanding.acknowledgedAt, undefined, "STOP: what runs is not withdrawn");
    } else {
      assert.equal(as, "Failed", "ANSWERS: an event succeeds only when its host says so");
      this.#hasReasonToFail(outstanding, seen, target);
      page.hasLeft ||=
        seen.deployment.kind === "blue-green" && page.label === "Blue" && isEnded(seen.instanceStates[target]);
      page.isUnheard ||= outstanding.acknowledgedAt === undefined && decision.agentIssue !== undefined;
    }
    page.outstanding = undefined;
    page.outcomes.push(as);
  }

  #hasReasonToFail(outstanding: Outstanding, seen: World, target: string): void {
    const isLate = this.#frame.isLate(seen.now, seen.deployment.kind);
    const isInterrupted = (outstanding.byService && this.#frame.isEnding(seen)) || isLate;
    const isGone = !isThere(seen.instanceStates[target]);
    const isTooLate = seen.now >= endsBy(seen, target, outstanding);
    assert(isTooLate || isInterrupted || isGone, "TIME: an event that has time left goes on");
  }

  #settlesTarget({ target, as }: Of<"settle target">, seen: World): void {
    const page = this.#page(target);
    const { deployment } = seen;
    assert.equal(page.outstanding, undefined, "FINAL: a target ends when nothing runs on it");
    assert(!["Succeeded", "Failed", "Skipped"].includes(page.status), "FINAL: a target ends once");
    const hasFailed = this.#hasFailed(page, deployment);
    const isComplete = page.outcomes.length === page.plan.length && !page.outcomes.includes("Skipped");
    const isEnding = this.#frame.isEnding(seen);
    if (as === "Succeeded") assert(isComplete && !hasFailed, "TARGET: success is every event done");
    else if (as === "Ready") {
      assert(page.label === "Green" && !hasFailed, "TARGET: replacements become ready");
      assert.equal(page.plan[page.place], "BeforeAllowTraffic", "TARGET: ready is to have everything but traffic");
    } else if (as === "Skipped") {
      const hasRun = page.outcomes.some((outcome) => outcome !== "Skipped");
      assert(!hasRun || page.status === "Ready", "TARGET: what has run is not skipped");
      const isOver = isEnding || page.hasLeft || this.#frame.isGateClosed(seen.now) || this.#isHopeless(deployment);
      assert(isOver, "TARGET: no host is skipped while it may have its turn");
    } else assert(hasFailed || (isEnding && !isComplete), "TARGET: failure has a failed event, or an end");
    assert.notEqual(as, "Unknown");
    page.status = as === "Unknown" ? "Failed" : as;
    this.#isCutShort ||= (as === "Failed" || as === "Skipped") && isEnding;
  }

  #holds(decision: Of<"hold">, seen: World): void {
    const { deployment, now } = seen;
    const milliseconds = decision.until - now;
    const { InProgress, Pending, Ready } = this.#count();
    assert.equal(InProgress, 0, "ZONES: a wait begins when nothing is under way");
    if (decision.hold === "READY_WAIT") {
      assert(Ready > 0, "GATE: replacements are ready");
      assert.equal(milliseconds, deployment.blueGreen?.readyWait, "GATE: for as long as it says");
    } else if (decision.hold === "TERMINATION_WAIT") {
      assert.equal(Pending + Ready, 0, "GATE: the original fleet is given up when traffic has moved");
      assert.equal(milliseconds, deployment.blueGreen?.terminationWait, "GATE: for as long as it says");
    } else this.#watches(decision.hold.replace("monitor ", ""), milliseconds, deployment);
    this.#frame.holds(decision, seen);
  }

  #watches(zone: string, milliseconds: number, deployment: Deployment): void {
    const ward = this.#wards(deployment).find(({ name }) => name === zone);
    assert(ward !== undefined && deployment.zonal !== undefined, "ZONES: only zones are watched");
    assert.equal(countIn(ward, this.#all(), deployment).Pending, 0, "ZONES: a zone is watched when it is done");
    assert(this.#count().Pending > 0, "ZONES: the last zone is not watched");
    assert.equal(milliseconds, watchedFor(deployment.zonal, zone, this.#zones()), "ZONES: for as long as it says");
  }

  #finishes(decision: Of<"finish">, seen: World): void {
    const { deployment, now } = seen;
    const { as, error } = decision;
    this.#frame.finishes(decision, seen);
    const { InProgress, Pending, Ready } = this.#count();
    assert.equal(InProgress + Pending + Ready, 0, "FINISH: when every target is over");
    const { Failed, Succeeded, Skipped } = countOf(this.#all().filter((page) => !page.hasLeft));
    if (this.#frame.beganAt === undefined) return;
    const most = mostUnavailable(deployment.minimumHealthyHosts, this.#pages.size);
    const isNothing = this.#pages.size === 0 && (deployment.outdatedOnly === true || deployment.kind === "reroute");
    const isFed = deployment.kind !== "in-place" || (Failed <= most && Succeeded > 0);
    const isEmpty = this.#isEmpty(deployment);
    const isEnough =
      isNothing || (!isEmpty && this.#pages.size > 0 && Skipped === 0 && isFed && !this.#isHopeless(deployment));
    const isWoundUp = this.#frame.isWoundUp();
    const isMissing = this.#frame.missing !== undefined && error?.code === this.#frame.missing;
    const isSuccess = isEnough && isWoundUp && !this.#isCutShort && !isMissing && as !== "Stopped";
    assert.equal(as === "Succeeded", isSuccess, "FINISH: success is enough hosts and none left out");
    if (as !== "Failed" || !isWoundUp || this.#pages.size === 0) return;
    const isSilence = Failed > 0 && error?.code === "AGENT_ISSUE";
    const isLate = this.#frame.isLate(now, deployment.kind) && error?.code === "TIMEOUT";
    const isRefused = Failed > 0 && error?.code === "IAM_ROLE_PERMISSIONS";
    assert.equal(
      error?.code,
      isMissing || isLate || isSilence || isRefused ? error?.code : isEmpty ? "NO_INSTANCES" : "HEALTH_CONSTRAINTS",
    );
    const isFailure = ({ label, status }: Page) => label === undefined && status === "Failed";
    for (const { isRefusal } of this.#all().filter(isFailure))
      assert(!isRefused || isRefusal, "REFUSED: the role is the cause when it is on every host");
    // In blue/green, failures that an earlier ward has borne are not the cause.
    const causes = this.#all().filter(({ label, isUnheard }) => label === undefined || isUnheard);
    assert(!isSilence || causes.length > 0, "SEEN: agents are the cause when they are on every host");
    for (const { status, isUnheard } of causes)
      assert(!isSilence || status !== "Failed" || isUnheard, "SEEN: agents are the cause when they are on every host");
  }

  /** Waiting names what it waits for and when that ends; nothing that could be done is left. */
  #isPatient(decision: Of<"wait">, seen: World): void {
    const { now, instanceStates } = seen;
    const { until = Number.POSITIVE_INFINITY } = decision;
    assert.notEqual(decision.for, "", "WAIT: names what it waits for");
    assert(until > now, "WAIT: ends by itself");
    const { isWaiting } = this.#frame.isPatient(until, seen);
    const isQueueing = this.#all().some(({ id }) => isTaken(seen, id));
    assert(isWaiting || isQueueing || this.#count().InProgress > 0, "WAIT: something is under way");
    assert(isWaiting || this.#frame.isEnding(seen) || !this.#isIdle(seen), "WAIT: a free place is taken at once");
    for (const [target, { status, outstanding }] of this.#pages) {
      if (status !== "InProgress") continue;
      if (outstanding === undefined) {
        assert(isTaken(seen, target), "WAIT: no host is idle between its events");
        continue;
      }
      assert(until <= endsBy(seen, target, outstanding), "TIME: an event has no longer than its time");
      assert(isThere(instanceStates[target]), "GONE: nobody waits for an instance that is gone");
    }
  }

  /** A host could leave, and does not. */
  #isIdle(seen: World): boolean {
    const { deployment } = seen;
    const { Pending, Ready } = this.#count();
    if (Pending + Ready === 0) return false;
    const ward = this.#wardInTurn(deployment);
    if (ward === undefined || this.#room(ward, deployment) <= 0) return false;
    const own = this.#all().filter((page) => ward.of(page) && !isTaken(seen, page.id));
    return own.some((page) => standing(page, ward, deployment) === "Pending");
  }

  /** The world that is stored says what the books say. */
  #agrees({ targets, deployment }: World, before: World): void {
    const { isOver } = this.#frame;
    for (const [place, target] of targets.entries()) {
      if (target === before.targets[place] && !isOver) continue;
      const page = this.#page(target.id);
      assert.equal(target.status, page.status, "BOOKS: statuses of targets");
      isWellFormed(target);
    }
    assert.equal(deployment.completeTime !== undefined, isOver, "BOOKS: the end has a time");
  }

  #page(target: string): Page {
    const page = this.#pages.get(target);
    assert(page !== undefined, `BEGIN: ${target} is a target`);
    return page;
  }

  #all = (): readonly Page[] => [...this.#pages.values()];
  #count = () => countOf(this.#pages.values());
  #zones = () => [...new Set(this.#all().map(({ zone }) => zone))].toSorted();
  #wards = (deployment: Deployment) => wardsOf(deployment, this.#all());

  /** How many more may leave, by the ward's rule and, where wards are zones, by the whole deployment's. */
  #room(ward: Ward, deployment: Deployment): number {
    const room = roomIn(ward, this.#all(), deployment);
    if (deployment.zonal === undefined) return room;
    const { InProgress, Failed } = this.#count();
    return Math.min(room, mostUnavailable(deployment.minimumHealthyHosts, this.#pages.size) - InProgress - Failed);
  }

  /** The first ward that is not done, if those before it are good and have been waited for. */
  #wardInTurn(deployment: Deployment): Ward | undefined {
    const { zonal, blueGreen } = deployment;
    for (const ward of this.#wards(deployment)) {
      const { Pending, InProgress } = countIn(ward, this.#all(), deployment);
      if (Pending + InProgress > 0) return ward;
      if (isHopeless(ward, this.#all(), deployment)) return undefined;
      const isWatched = zonal === undefined || watchedFor(zonal, ward.name, this.#zones()) === 0;
      if (!isWatched && !this.#frame.hasHeld(`monitor ${ward.name}`)) return undefined;
      const isGated = ward.name === "install" && blueGreen?.readyWait !== undefined;
      if (isGated && !this.#frame.hasHeld("READY_WAIT")) return undefined;
    }
    return undefined;
  }

  /** Failures have used up what may be out of service, or a step has failed that everything waits for. */
  #isHopeless(deployment: Deployment): boolean {
    const { Failed } = this.#count();
    const wards = this.#wards(deployment);
    if (this.#isEmpty(deployment)) return true;
    if (wards.some((ward) => isHopeless(ward, this.#all(), deployment))) return true;
    if (!this.#frame.isWoundUp()) return true;
    const most = mostUnavailable(deployment.minimumHealthyHosts, this.#pages.size);
    return (
      deployment.zonal !== undefined &&
      Failed >= most &&
      this.#all().some(({ status }) => status !== "Succeeded" && status !== "Failed")
    );
  }

  /** Every replacement instance has left. */
  #isEmpty = ({ kind }: Deployment): boolean =>
    kind === "blue-green" && !this.#all().some(({ label, hasLeft }) => label === "Green" && !hasLeft);

  /** A failed event that nobody tolerates. */
  #hasFailed = (page: Page, deployment: Deployment): boolean =>
    page.outcomes.some((outcome, place) => outcome === "Failed" && !isForgiven(page, place, deployment));
}

/** Until when an event has to be picked up, or ended. */
const endsBy = (seen: World, host: string, { issuedAt, acknowledgedAt, within }: Outstanding): number =>
  acknowledgedAt === undefined ? pickUpBy(seen, host, { issuedAt, within }) : acknowledgedAt + 60 * minute;

/** A second look at the fleet has not found the host. */
function hasLeft({ id, label }: Page, { fleetAgain, replacementAgain }: World): boolean {
  const fleet = label === "Green" ? replacementAgain : label === "Blue" ? fleetAgain : undefined;
  if (fleet === undefined || "error" in fleet) return false;
  return !fleet.found.some((member) => member.id === id && !isEnded(member.state));
}

const hasToTakePart = ({ state, health, holdsRevision }: FleetMember, { outdatedOnly = false }: Deployment): boolean =>
  state !== "terminated" && !(outdatedOnly && health === "Healthy" && holdsRevision === true);
