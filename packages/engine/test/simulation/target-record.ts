import assert from "node:assert/strict";
import type { Report, Decision, DecisionOf, LifecycleEventName, Target } from "../../src/index.ts";

/** A decision of one sort. */
export type Of<Do extends Decision["do"]> = DecisionOf<Do>;

/** The first outcome that a pass has seen of each command and step. */
export type Reports = ReadonlyMap<string, Report & { readonly kind: "completed" }>;

/** One target, as the checker has recorded it. */
export interface TargetRecord {
  readonly id: string;
  readonly need: number;
  readonly zone: string;
  readonly label: "Blue" | "Green" | undefined;
  /** How long it may take to pick its first event up, in milliseconds. */
  readonly firstContact: number;
  readonly plan: readonly LifecycleEventName[];
  /** Hosts that came together have the same. */
  readonly cohort: number;
  /** It is no host of its fleet any more. */
  hasLeft: boolean;
  place: number;
  outstanding: Outstanding | undefined;
  /** Outcomes of the events so far. */
  readonly outcomes: ("Succeeded" | "Failed" | "Skipped")[];
  /** An event was never picked up, and its agent had not been heard of. */
  isUnheard: boolean;
  /** The service itself was refused, at an event that it runs. */
  isRefusal: boolean;
  status: "Pending" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Skipped";
}

/** An event that has been handed out; `byService` when a gateway runs it. */
export interface Outstanding {
  readonly event: LifecycleEventName;
  readonly issuedAt: number;
  readonly byService: boolean;
  /** How long the host may take to pick it up, in milliseconds. */
  readonly within: number;
  acknowledgedAt?: number | undefined;
}

/** How some targets stand. */
export function countOf(targets: Iterable<TargetRecord>) {
  const count = { Pending: 0, InProgress: 0, Ready: 0, Succeeded: 0, Failed: 0, Skipped: 0 };
  for (const { status } of targets) count[status] += 1;
  return count;
}

/** What is stored of a target makes sense by itself. */
export function isWellFormed({ events }: Target): void {
  for (const { name, status, startTime, endTime, command } of events) {
    const isOver = status === "Succeeded" || status === "Failed" || status === "Skipped";
    assert.equal(endTime !== undefined, isOver, `RECORDS: ${name} has an end when it is over`);
    if (status === "InProgress") assert(startTime !== undefined && command?.acknowledgedAt !== undefined);
    if (startTime !== undefined && endTime !== undefined)
      assert(startTime <= endTime, `RECORDS: ${name} begins before it ends`);
  }
}
