import type { Change, LastSuccess } from "./snapshot.ts";

/** Why a deployment is as it is, and what can be done. The console, the command line and scripts get the same. */
export interface Explanation {
  readonly deploymentId: string;
  readonly application: string;
  readonly group: string;
  readonly status: string;
  readonly revision: string;
  /** What happened, in one sentence. */
  readonly sentence: string;
  /** What has decided the end, with its numbers. */
  readonly rule?: Rule | undefined;
  readonly counts: Counts;
  /** Failures that are the same, the most frequent first. */
  readonly causes: readonly Cause[];
  readonly lastSuccess?: Omit<LastSuccess, "changes"> | undefined;
  /** What is not as it was when the group succeeded last. */
  readonly changes: readonly Change[];
  readonly next: readonly NextStep[];
  /** All of it as lines for people. */
  readonly text: readonly string[];
}

/** How many targets are in which state. */
export interface Counts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly inProgress: number;
  readonly pending: number;
}

/** What has decided a deployment's end. */
export interface Rule {
  /** AWS's error code. */
  readonly code: string;
  readonly text: string;
  /** For minimum healthy hosts: how many have failed, of how many, and how many may. */
  readonly failed?: number | undefined;
  readonly total?: number | undefined;
  readonly allowed?: number | undefined;
  readonly minimumHealthy?: number | undefined;
  readonly configuration?: string | undefined;
  readonly zone?: string | undefined;
}

/** Failures with one fingerprint. */
export interface Cause {
  readonly fingerprint: string;
  /** The lifecycle event, or the step of the deployment as a whole. */
  readonly event: string;
  readonly errorCode: string;
  readonly script?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly count: number;
  /** Of all targets that have failed. */
  readonly of: number;
  /** When the first of them failed, in milliseconds since the epoch. */
  readonly firstSeen?: number | undefined;
  readonly firstTarget?: string | undefined;
  /** The ids of some of them, in the order of their failures. */
  readonly targets: readonly string[];
  readonly sentence: string;
  readonly sample: {
    readonly message: string;
    /** The last lines of the log of the first target, as they were. */
    readonly lines: readonly string[];
  };
  /** What these targets share that those which succeeded do not. */
  readonly shared: readonly Difference[];
  readonly remedy?: string | undefined;
}

/** A fact that most failed targets have, and few good ones. */
export interface Difference {
  readonly fact: string;
  readonly value: string;
  readonly failedWith: number;
  readonly failed: number;
  readonly goodWith: number;
  readonly good: number;
}

/** A command that a person may want now. */
export interface NextStep {
  readonly command: string;
  readonly why: string;
}
