/** What an event is about. */
export type EventKind =
  /** A deployment has another status, or was asked to end or to go on. */
  | "deployment"
  /** Hosts have become targets of a deployment; `detail` says how many. */
  | "targets"
  | "target"
  | "lifecycle event"
  /** What the service itself does for a deployment as a whole, such as copying an Auto Scaling group. */
  | "step"
  /** How far an effect has come: load balancers, Auto Scaling, traffic of functions and services. */
  | "progress"
  /** A wait of a deployment as a whole. */
  | "hold"
  /** A message for people. */
  | "note"
  | "fleet"
  /** The alarms of a deployment, as they were read. */
  | "alarm"
  /** A host's agent is seen, or silent. */
  | "host"
  | "API call";

/** All kinds, for checks of what a caller names. */
export const eventKinds = [
  "deployment",
  "targets",
  "target",
  "lifecycle event",
  "step",
  "progress",
  "hold",
  "note",
  "fleet",
  "alarm",
  "host",
  "API call",
] as const satisfies readonly EventKind[];

/** One change, as it is appended: its cursor is not known yet, and names are found for a deployment's id. */
export interface NewEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: EventKind;
  readonly deploymentId?: string | undefined;
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  /** The target's id, or for a host the identifier by which it polls. */
  readonly target?: string | undefined;
  /** The lifecycle event, the step, the hold or the operation. */
  readonly event?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Why: a decision's reason, or what somebody has reported. */
  readonly because?: string | undefined;
  /** Who: `service` for the control plane itself, `host` and `gateway` for what they report, else the caller's ARN. */
  readonly actor?: string | undefined;
  readonly detail?: Readonly<Record<string, string | number>> | undefined;
}

/** One change, with its place in the log. */
export interface LoggedEvent extends NewEvent {
  /** Strictly rising; a whole number from 1. */
  readonly cursor: number;
}

/** Which events are read. */
export interface EventFilter {
  /** Only events after this cursor; from the oldest one by default. */
  readonly after?: number | undefined;
  /** Only events before this cursor. */
  readonly before?: number | undefined;
  readonly deploymentId?: string | undefined;
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  readonly target?: string | undefined;
  readonly kinds?: readonly EventKind[] | undefined;
  /** How many at most; 1,000 by default. */
  readonly limit?: number | undefined;
  /** The newest first; by default the oldest. */
  readonly newestFirst?: boolean | undefined;
}

/** Events in order, and where to go on. */
export interface EventPage {
  readonly events: readonly LoggedEvent[];
  /**
   * The cursor to go on from: as `after`, or as `before` when the newest come first. Undefined when there is nothing
   * more. A page may be empty and still have one: a rare kind is looked for a bounded number of events at a time.
   */
  readonly next?: number | undefined;
}
