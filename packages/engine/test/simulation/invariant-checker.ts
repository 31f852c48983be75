// The invariants of SPEC.md, checked for every decision. The checker keeps records of its own, apart from the engine's
// state and arithmetic, and does not rely on what the engine believes.
import assert from "node:assert/strict";
import type { Report, Decision, Deployment, FleetMember, World } from "../../src/index.ts";
import { isEnded, isTaken, isThere, mostUnavailable, needOf, pickUpBy, watchedFor } from "./arithmetic.ts";
import { DeploymentRecord } from "./deployment-record.ts";
import { countOf, isWellFormed, type Of, type Outstanding, type TargetRecord, type Reports } from "./target-record.ts";
import { countIn, isForgiven, isHopeless, budgetIn, standing, type Phase, phasesOf } from "./phases.ts";

const minute = 60_000;

/** Follows a deployment decision by decision and refuses the first that breaks an invariant. */
export class InvariantChecker {
  readonly #deployment = new DeploymentRecord();
  readonly #issued = new Set<string>();
  readonly #targets = new Map<string, TargetRecord>();
  /** A stop or a timeout has cut a target short. */
  #isCutShort = false;

  /** A pass: the world that it saw, and what it decided. */
  pass(seen: World, decisions: readonly Decision[], after: World): void {
    const reports = new Map<string, Report & { kind: "completed" }>();
    for (const record of this.#targets.values()) record.hasLeft ||= hasLeft(record, seen);
    for (const report of seen.reports)
      if (report.kind === "completed" && !reports.has(report.commandId)) reports.set(report.commandId, report);
    for (const decision of decisions) this.#check(decision, seen, reports);
    this.#deployment.comesToAnEnd(decisions.at(-1), seen);
    assert.equal(after.reports.length, 0, "REPORTS: a pass deals with every report");
    this.#agrees(after, seen);
  }

  #check(decision: Decision, seen: World, reports: Reports): void {
    if (decision.do === "disregard report") return;
    if (decision.do === "wait") return this.#isPatient(decision, seen);
    assert(!this.#deployment.isOver, `FINAL: "${decision.do}" after the end`);
    switch (decision.do) {
      case "begin":
        return this.#deployment.begins(seen);
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
        return this.#deployment.startsStep(decision, seen, {
          inFlight,
          waiting: Pending + Ready,
          touched: this.#issued.size,
        });
      }
      case "settle step":
        return this.#deployment.settlesStep(decision, seen, reports);
      case "hold":
        return this.#holds(decision, seen);
      case "release":
        return this.#deployment.releases(decision, seen);
      case "stop":
        return this.#deployment.stops(decision, seen);
      case "finish":
        return this.#finishes(decision, seen);
      case "look up fleet":
      case "note progress":
      case "warn":
    }
  }

  #adds({ targets, events, label }: Of<"add targets">, seen: World): void {
    const { deployment, fleets: { selected: fleet } = {} } = seen;
    assert.notEqual(this.#deployment.beganAt, undefined, "BEGIN: targets take part in a deployment that has begun");
    const mayBoot = deployment.kind === "launch" || label === "Green";
    const cohort = this.#targets.size;
    const isFirst = this.#all().every((record) => record.label !== label);
    for (const member of targets) {
      assert(!this.#targets.has(member.id), "BEGIN: a host is one target");
      this.#targets.set(member.id, {
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
    if (isFirst) for (const phase of this.#phases(deployment)) this.#canBegin(phase, deployment);
    else this.#checkJoined(targets, events, seen);
    if (deployment.kind !== "in-place") return;
    assert(mostUnavailable(deployment.minimumHealthyHosts, targets.length) > 0, "CONSTRAINTS: something can begin");
    const found = fleet !== undefined && "found" in fleet ? fleet.found : [];
    const wanted = found.filter((member) => hasToTakePart(member, deployment));
    assert.equal(targets.length, wanted.length, "OUTDATED: every host that has to take part does, and no other");
  }

  /** Hosts that join later are in the fleet now; only one that holds the revision needs no installation. */
  #checkJoined(joined: readonly FleetMember[], events: readonly string[], { fleets }: World): void {
    for (const { id, holdsRevision, health } of joined) {
      const known = [fleets?.selectedAgain, fleets?.replacementAgain].some(
        (fleet) => fleet !== undefined && "found" in fleet && fleet.found.some((member) => member.id === id),
      );
      assert(known, "JOINED: who joins later is in the fleet as it was looked up again");
      const isBare = events.includes("BeforeAllowTraffic") && !events.includes("Install");
      assert(!isBare || (holdsRevision === true && health === "Healthy"), "JOINED: no traffic without the revision");
    }
  }

  #canBegin(phase: Phase, deployment: Deployment): void {
    const targets = this.#all().filter((record) => phase.of(record));
    assert(targets.length === 0 || budgetIn(phase, this.#all(), deployment) > 0, "CONSTRAINTS: every phase can begin");
    if (phase.rule === "none may fail") return; // all of them go at once
    for (const [at, { need }] of targets.entries())
      assert(at === 0 || need >= (targets[at - 1]?.need ?? 0), "ORDER: the neediest hosts go first");
  }

  #runs({ target, event, effect }: Of<"run">, seen: World): void {
    const record = this.#target(target);
    const { now, deployment } = seen;
    assert(!this.#deployment.isEnding(seen), "STOP: no command after a stop, nor after the deployment's time");
    assert.equal(record.outstanding, undefined, "ONE AT A TIME: a host has one command of a deployment");
    assert.equal(event, record.plan[record.place], "EVENTS: in the order of the plan, none left out");
    assert(!this.#issued.has(`${target}/${event}`), "ONCE: a command is issued once");
    assert(!this.#hasFailed(record, deployment), "EVENTS: none after a failure");
    assert(!isTaken(seen, target), "TURNS: nothing runs on a host while another deployment goes first there");
    if (record.status === "InProgress") assert(record.place > 0);
    else this.#leaves(record, seen);
    const byService = event === "BlockTraffic" || event === "AllowTraffic";
    assert.equal(effect !== undefined, byService, "EVENTS: the service runs what is reserved for it, and nothing else");
    const within = record.place === 0 ? record.firstContact : 5 * minute;
    record.status = "InProgress";
    record.outstanding = { event, issuedAt: now, byService, within, acknowledgedAt: byService ? now : undefined };
    record.place += 1;
    this.#issued.add(`${target}/${event}`);
  }

  /** A host begins a phase: it is the phase's turn, its budget allows it, and no host is needier. */
  #leaves(record: TargetRecord, seen: World): void {
    const { deployment } = seen;
    assert(record.status === "Pending" || record.status === "Ready", "FINAL: a target that is over runs nothing");
    const phase = this.#currentPhase(deployment);
    assert(phase?.of(record) === true, "ZONES: one after the other, each watched when it is done");
    assert(this.#budget(phase, deployment) > 0, "CONSTRAINTS: nobody leaves who has to stay");
    if (phase.rule === "none may fail") return;
    const rivals = this.#all().filter(
      (other) => other.cohort === record.cohort && phase.of(other) && !isTaken(seen, other.id),
    );
    for (const other of rivals)
      if (standing(other, phase, deployment) === "Pending")
        assert(other.need >= record.need, "ORDER: the neediest hosts go first");
  }

  #starts({ target, event, at, commandId }: Of<"note start">, seen: World): void {
    const { outstanding } = this.#target(target);
    assert.equal(outstanding?.event, event, "REPORTS: what starts has been handed out");
    assert.equal(outstanding.acknowledgedAt, undefined, "REPORTS: an event starts once");
    assert(
      seen.reports.some((report) => report.kind === "acknowledged" && report.commandId === commandId),
      "REPORTS: an event starts when its host says so",
    );
    outstanding.acknowledgedAt = at;
  }

  #settlesEvent(decision: Of<"settle event">, seen: World, reports: Reports): void {
    const { target, event, as, commandId } = decision;
    const record = this.#target(target);
    const { outstanding } = record;
    assert.equal(outstanding?.event, event, "FINAL: an event ends once, and only if it was handed out");
    const report = reports.get(commandId);
    record.isRefusal ||= as === "Failed" && report?.error?.code === "IAM_ROLE_PERMISSIONS";
    if (report !== undefined) assert.equal(as, report.status, "REPORTS: the first outcome that arrives counts");
    else if (as === "Skipped") {
      assert(this.#deployment.isEnding(seen), "STOP: only an ending deployment withdraws commands");
      assert.equal(outstanding.acknowledgedAt, undefined, "STOP: what runs is not withdrawn");
    } else {
      assert.equal(as, "Failed", "REPORTS: an event succeeds only when its host says so");
      this.#hasReasonToFail(outstanding, seen, target);
      record.hasLeft ||=
        seen.deployment.kind === "blue-green" && record.label === "Blue" && isEnded(seen.instanceStates[target]);
      record.isUnheard ||= outstanding.acknowledgedAt === undefined && decision.agentIssue !== undefined;
    }
    record.outstanding = undefined;
    record.outcomes.push(as);
  }

  #hasReasonToFail(outstanding: Outstanding, seen: World, target: string): void {
    const isLate = this.#deployment.isLate(seen.now, seen.deployment.kind);
    const isInterrupted = (outstanding.byService && this.#deployment.isEnding(seen)) || isLate;
    const isGone = !isThere(seen.instanceStates[target]);
    const isTooLate = seen.now >= endsBy(seen, target, outstanding);
    assert(isTooLate || isInterrupted || isGone, "TIME: an event that has time left goes on");
  }

  #settlesTarget({ target, as }: Of<"settle target">, seen: World): void {
    const record = this.#target(target);
    const { deployment } = seen;
    assert.equal(record.outstanding, undefined, "FINAL: a target ends when nothing runs on it");
    assert(!["Succeeded", "Failed", "Skipped"].includes(record.status), "FINAL: a target ends once");
    const hasFailed = this.#hasFailed(record, deployment);
    const isComplete = record.outcomes.length === record.plan.length && !record.outcomes.includes("Skipped");
    const isEnding = this.#deployment.isEnding(seen);
    if (as === "Succeeded") assert(isComplete && !hasFailed, "TARGET: success is every event done");
    else if (as === "Ready") {
      assert(record.label === "Green" && !hasFailed, "TARGET: replacements become ready");
      assert.equal(record.plan[record.place], "BeforeAllowTraffic", "TARGET: ready is to have everything but traffic");
    } else if (as === "Skipped") {
      const hasRun = record.outcomes.some((outcome) => outcome !== "Skipped");
      assert(!hasRun || record.status === "Ready", "TARGET: what has run is not skipped");
      const isOver =
        isEnding || record.hasLeft || this.#deployment.isGateClosed(seen.now) || this.#isHopeless(deployment);
      assert(isOver, "TARGET: no host is skipped while it may have its turn");
    } else assert(hasFailed || (isEnding && !isComplete), "TARGET: failure has a failed event, or an end");
    assert.notEqual(as, "Unknown");
    record.status = as === "Unknown" ? "Failed" : as;
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
    this.#deployment.holds(decision, seen);
  }

  #watches(zone: string, milliseconds: number, deployment: Deployment): void {
    const phase = this.#phases(deployment).find(({ name }) => name === zone);
    assert(phase !== undefined && deployment.zonal !== undefined, "ZONES: only zones are watched");
    assert.equal(countIn(phase, this.#all(), deployment).Pending, 0, "ZONES: a zone is watched when it is done");
    assert(this.#count().Pending > 0, "ZONES: the last zone is not watched");
    assert.equal(milliseconds, watchedFor(deployment.zonal, zone, this.#zones()), "ZONES: for as long as it says");
  }

  #finishes(decision: Of<"finish">, seen: World): void {
    const { deployment, now } = seen;
    const { as, error } = decision;
    this.#deployment.finishes(decision, seen);
    const { InProgress, Pending, Ready } = this.#count();
    assert.equal(InProgress + Pending + Ready, 0, "FINISH: when every target is over");
    const { Failed, Succeeded, Skipped } = countOf(this.#all().filter((record) => !record.hasLeft));
    if (this.#deployment.beganAt === undefined) return;
    const most = mostUnavailable(deployment.minimumHealthyHosts, this.#targets.size);
    const isNothing = this.#targets.size === 0 && (deployment.outdatedOnly === true || deployment.kind === "reroute");
    const isFed = deployment.kind !== "in-place" || (Failed <= most && Succeeded > 0);
    const isEmpty = this.#isEmpty(deployment);
    const isEnough =
      isNothing || (!isEmpty && this.#targets.size > 0 && Skipped === 0 && isFed && !this.#isHopeless(deployment));
    const isWoundUp = this.#deployment.isWoundUp();
    const isMissing = this.#deployment.missing !== undefined && error?.code === this.#deployment.missing;
    const isSuccess = isEnough && isWoundUp && !this.#isCutShort && !isMissing && as !== "Stopped";
    assert.equal(as === "Succeeded", isSuccess, "FINISH: success is enough hosts and none left out");
    if (as !== "Failed" || !isWoundUp || this.#targets.size === 0) return;
    const isSilence = Failed > 0 && error?.code === "AGENT_ISSUE";
    const isLate = this.#deployment.isLate(now, deployment.kind) && error?.code === "TIMEOUT";
    const isRefused = Failed > 0 && error?.code === "IAM_ROLE_PERMISSIONS";
    assert.equal(
      error?.code,
      isMissing || isLate || isSilence || isRefused ? error?.code : isEmpty ? "NO_INSTANCES" : "HEALTH_CONSTRAINTS",
    );
    const isFailure = ({ label, status }: TargetRecord) => label === undefined && status === "Failed";
    for (const { isRefusal } of this.#all().filter(isFailure))
      assert(!isRefused || isRefusal, "REFUSED: the role is the cause when it is on every host");
    // In blue/green, failures that an earlier phase has borne are not the cause.
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
    const { isWaiting } = this.#deployment.isPatient(until, seen);
    const isQueueing = this.#all().some(({ id }) => isTaken(seen, id));
    assert(isWaiting || isQueueing || this.#count().InProgress > 0, "WAIT: something is under way");
    assert(isWaiting || this.#deployment.isEnding(seen) || !this.#isIdle(seen), "WAIT: a free place is taken at once");
    for (const [target, { status, outstanding }] of this.#targets) {
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
    const phase = this.#currentPhase(deployment);
    if (phase === undefined || this.#budget(phase, deployment) <= 0) return false;
    const own = this.#all().filter((record) => phase.of(record) && !isTaken(seen, record.id));
    return own.some((record) => standing(record, phase, deployment) === "Pending");
  }

  /** The stored world agrees with the checker's records. */
  #agrees({ targets, deployment }: World, before: World): void {
    const { isOver } = this.#deployment;
    for (const [place, target] of targets.entries()) {
      if (target === before.targets[place] && !isOver) continue;
      const record = this.#target(target.id);
      assert.equal(target.status, record.status, "RECORDS: statuses of targets");
      isWellFormed(target);
    }
    assert.equal(deployment.completeTime !== undefined, isOver, "RECORDS: the end has a time");
  }

  #target(target: string): TargetRecord {
    const record = this.#targets.get(target);
    assert(record !== undefined, `BEGIN: ${target} is a target`);
    return record;
  }

  #all = (): readonly TargetRecord[] => [...this.#targets.values()];
  #count = () => countOf(this.#targets.values());
  #zones = () => [...new Set(this.#all().map(({ zone }) => zone))].toSorted();
  #phases = (deployment: Deployment) => phasesOf(deployment, this.#all());

  /** How many more may leave, by the phase's rule and, where phases are zones, by the whole deployment's. */
  #budget(phase: Phase, deployment: Deployment): number {
    const budget = budgetIn(phase, this.#all(), deployment);
    if (deployment.zonal === undefined) return budget;
    const { InProgress, Failed } = this.#count();
    return Math.min(budget, mostUnavailable(deployment.minimumHealthyHosts, this.#targets.size) - InProgress - Failed);
  }

  /** The first phase that is not done, if those before it are good and have been waited for. */
  #currentPhase(deployment: Deployment): Phase | undefined {
    const { zonal, blueGreen } = deployment;
    for (const phase of this.#phases(deployment)) {
      const { Pending, InProgress } = countIn(phase, this.#all(), deployment);
      if (Pending + InProgress > 0) return phase;
      if (isHopeless(phase, this.#all(), deployment)) return undefined;
      const isWatched = zonal === undefined || watchedFor(zonal, phase.name, this.#zones()) === 0;
      if (!isWatched && !this.#deployment.hasHeld(`monitor ${phase.name}`)) return undefined;
      const isGated = phase.name === "install" && blueGreen?.readyWait !== undefined;
      if (isGated && !this.#deployment.hasHeld("READY_WAIT")) return undefined;
    }
    return undefined;
  }

  /** Failures have used up what may be out of service, or a step has failed that everything waits for. */
  #isHopeless(deployment: Deployment): boolean {
    const { Failed } = this.#count();
    const phases = this.#phases(deployment);
    if (this.#isEmpty(deployment)) return true;
    if (phases.some((phase) => isHopeless(phase, this.#all(), deployment))) return true;
    if (!this.#deployment.isWoundUp()) return true;
    const most = mostUnavailable(deployment.minimumHealthyHosts, this.#targets.size);
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
  #hasFailed = (record: TargetRecord, deployment: Deployment): boolean =>
    record.outcomes.some((outcome, place) => outcome === "Failed" && !isForgiven(record, place, deployment));
}

/** Until when an event has to be picked up, or ended. */
const endsBy = (seen: World, host: string, { issuedAt, acknowledgedAt, within }: Outstanding): number =>
  acknowledgedAt === undefined ? pickUpBy(seen, host, { issuedAt, within }) : acknowledgedAt + 60 * minute;

/** A second look at the fleet has not found the host. */
function hasLeft({ id, label }: TargetRecord, { fleets }: World): boolean {
  const fleet = label === "Green" ? fleets?.replacementAgain : label === "Blue" ? fleets?.selectedAgain : undefined;
  if (fleet === undefined || "error" in fleet) return false;
  return !fleet.found.some((member) => member.id === id && !isEnded(member.state));
}

const hasToTakePart = ({ state, health, holdsRevision }: FleetMember, { outdatedOnly = false }: Deployment): boolean =>
  state !== "terminated" && !(outdatedOnly && health === "Healthy" && holdsRevision === true);
