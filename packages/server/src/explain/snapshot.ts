import type { Deployment, Target } from "@sluice/engine";

/** What an explanation is made of: a deployment, its targets, and what was before. Nothing else is asked. */
export interface Snapshot {
  readonly application: string;
  readonly group: string;
  readonly deployment: Deployment;
  readonly targets: readonly Target[];
  /** Facts of hosts by target id, named in words such as `zone` or `agent version`. */
  readonly facts: ReadonlyMap<string, Readonly<Record<string, string | undefined>>>;
  readonly configuration: string;
  /** `user`, or what of the service has made the deployment. */
  readonly creator: string;
  readonly revision: string;
  /** Who has asked it to stop, by ARN, as far as the event log goes back. */
  readonly stoppedBy?: string | undefined;
  /** The deployment that rolls this one back. */
  readonly rolledBackBy?: string | undefined;
  /** The last success of the group before this deployment. */
  readonly lastSuccess?: LastSuccess | undefined;
  /** The revision that a rollback would bring, in words; undefined when there is none. */
  readonly goodRevision?: string | undefined;
}

/** What succeeded last in a group, and what is different since. */
export interface LastSuccess {
  readonly deploymentId: string;
  /** Milliseconds since the epoch. */
  readonly completeTime: number;
  readonly revision: string;
  readonly targets: number;
  readonly changes: readonly Change[];
}

/** Something that is not as it was when the group succeeded last. */
export interface Change {
  readonly what: string;
  readonly before?: string | undefined;
  readonly now?: string | undefined;
}
