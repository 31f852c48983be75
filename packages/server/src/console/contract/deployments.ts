import type { Answer, Base64, Page, Time } from "./answers.ts";
import type { LogLine } from "./explain.ts";

/** AWS's statuses of deployments. */
export type Status = "Created" | "Queued" | "InProgress" | "Baking" | "Ready" | "Succeeded" | "Failed" | "Stopped";

/** AWS's statuses of targets. */
export type TargetState = "Pending" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Skipped" | "Unknown";

/** AWS's statuses of lifecycle events. */
export type EventState = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped" | "Unknown";

/** A revision, in a form for people and in AWS's. */
export interface Revision {
  /** The same text for the same revision everywhere; for filters and comparisons. */
  readonly id: string;
  /** Short, for tables, such as `app-17.zip` or `3f2c1ab`. */
  readonly short: string;
  /** In full, such as `s3://bucket/app-17.zip (eTag 9b…)`. */
  readonly text: string;
  /** AWS's RevisionLocation; contents of AppSpec files given as strings are left out. */
  readonly location: Readonly<Record<string, unknown>>;
}

/** How many targets have which status; absent is 0. */
export type Counts = Readonly<Partial<Record<TargetState, number>>> & { readonly total: number };

/** Why a deployment waits for a person, or for a time. */
export interface Waiting {
  readonly kind: "READY_WAIT" | "TERMINATION_WAIT" | "paused" | "monitor" | "silent agents";
  /** A sentence. */
  readonly text: string;
  /** Until when it waits by itself; absent: for ever. */
  readonly until?: Time | undefined;
  /** Whether somebody must act for it to go on. */
  readonly needsPerson: boolean;
}

/** A deployment in lists. */
export interface DeploymentRow {
  readonly id: string;
  readonly application: string;
  readonly group: string;
  readonly platform: "Server" | "Lambda" | "ECS";
  readonly kind: "in-place" | "blue-green" | "reroute" | "launch" | "termination" | "lambda" | "ecs";
  readonly status: Status;
  readonly revision: Revision;
  /** AWS's creator: `user`, `autoscaling`, `codeDeployRollback`, `CodeDeployAutoUpdate`, … */
  readonly creator: string;
  readonly description?: string | undefined;
  readonly createTime: Time;
  readonly startTime?: Time | undefined;
  readonly completeTime?: Time | undefined;
  readonly counts: Counts;
  /** The wave that is under way, from 1, and how many there are as far as is known. */
  readonly wave?: { readonly current: number; readonly of: number } | undefined;
  /** Targets that ended in the last minute. */
  readonly ratePerMinute?: number | undefined;
  /** When it will have ended, if all goes well, as far as earlier deployments tell. */
  readonly expectedEnd?: Time | undefined;
  readonly waiting?: Waiting | undefined;
  /** The state in one sentence. */
  readonly sentence: string;
  /** Of failed and stopped ones: AWS's code and its message. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** `GET /console/api/deployments`. Filters: `application`, `group`, `status`, `creator`, `revision`, `target`, `from`, `to` (times), `q`. */
export interface Deployments extends Answer<"create-deployment">, Page<DeploymentRow> {}

/** One wave: targets that the rules let begin together. */
export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly targets: number;
  readonly counts: Counts;
  /** What bounds its size, in a sentence: minimum healthy hosts, a zone, capacity. */
  readonly boundBy?: string | undefined;
  readonly zone?: string | undefined;
  /** When it began, or is expected to. */
  readonly startTime?: Time | undefined;
  readonly endTime?: Time | undefined;
  /** Whether it is what is expected, and not what has happened. */
  readonly isPredicted: boolean;
}

/** What the service itself does or has done for a deployment. */
export interface Step {
  readonly name: string;
  readonly status: "InProgress" | "Succeeded" | "Failed";
  readonly startTime: Time;
  readonly endTime?: Time | undefined;
  readonly text?: string | undefined;
}

/** Actions of a deployment's page. */
export type DeploymentAction =
  | "stop"
  | "stop-and-roll-back"
  | "continue"
  | "skip-wait"
  | "rollback"
  | "retry"
  | "redeploy"
  | "pause"
  | "resume"
  | "skip-target";

/** A deployment's header: small, and sent whole whenever it has changed. */
export interface DeploymentHeader extends DeploymentRow {
  readonly minimumHealthy?:
    | {
        /** In a sentence, such as "HalfAtATime: at least 20 of 40 stay healthy". */
        readonly text: string;
        /** How many targets must stay healthy. */
        readonly hosts: number;
        readonly healthyNow: number;
        /** How many more may fail before the deployment does. */
        readonly failuresLeft: number;
      }
    | undefined;
  readonly waves: readonly Wave[];
  readonly steps: readonly Step[];
  readonly messages: readonly string[];
  readonly rollbackOf?: string | undefined;
  readonly rolledBackBy?: string | undefined;
  readonly retryOf?: string | undefined;
  readonly previousRevision?: Revision | undefined;
  /** Median time of the group's deployments that succeeded, in milliseconds. */
  readonly usualDuration?: number | undefined;
  /** Of Lambda and ECS: where traffic goes, in percent. */
  readonly traffic?: readonly { readonly label: string; readonly percent: number }[] | undefined;
}

/** `GET /console/api/deployments/:id`. */
export interface DeploymentAnswer extends Answer<DeploymentAction> {
  readonly deployment: DeploymentHeader;
  /** Names of the lifecycle events of its targets, in AWS's order. */
  readonly events: readonly string[];
  /** Settings in force, in sentences by subject, and the deployment as AWS's GetDeployment shows it. */
  readonly settings: readonly { readonly name: string; readonly text: string }[];
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * `GET /console/api/deployments/:id/targets`: all targets as columns, in one order that the deployment keeps. `ids=0`
 * leaves the names out. Filters are the reader's: it has all of them.
 */
export interface TargetColumns extends Answer {
  readonly count: number;
  /** Absent with `ids=0`. */
  readonly ids?: readonly string[] | undefined;
  /** One byte a target: an index into `stateNames`. */
  readonly states: Base64;
  readonly stateNames: readonly TargetState[];
  /** One byte a target: an index into `eventNames`, of the event that runs or has failed, else the last one that ended; 255: none yet. */
  readonly events: Base64;
  readonly eventNames: readonly string[];
  /** Two bytes a target: the number of its wave; 0: not known. */
  readonly waves: Base64;
  /** By what targets can be grouped: `zone`, `scalingGroup`, `agent`, `label` and so on; absent where nothing is known. */
  readonly keys: Readonly<
    Record<
      string,
      {
        readonly values: readonly string[];
        /** Two bytes a target: an index into `values`; 65535: not known. */
        readonly index: Base64;
      }
    >
  >;
}

/** One lifecycle event of a target. */
export interface TargetEvent {
  readonly name: string;
  readonly status: EventState;
  readonly startTime?: Time | undefined;
  readonly endTime?: Time | undefined;
  /** Median time of this event in this deployment, in milliseconds. */
  readonly usualDuration?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly script?: string | undefined;
  readonly message?: string | undefined;
  readonly logTail?: string | undefined;
  /** What it waits for, in words. */
  readonly progress?: string | undefined;
}

/** `GET /console/api/deployments/:id/targets/:target`. */
export interface TargetAnswer extends Answer<"retry" | "skip-target"> {
  readonly deployment: DeploymentRow;
  readonly target: {
    readonly id: string;
    readonly arn: string;
    /** Its index in the columns. */
    readonly position: number;
    readonly status: TargetState;
    readonly label?: string | undefined;
    readonly zone?: string | undefined;
    readonly wave?: number | undefined;
    readonly lastUpdatedAt: Time;
    readonly events: readonly TargetEvent[];
  };
  readonly host?:
    | {
        readonly lastSeen?: Time | undefined;
        readonly agentVersion?: string | undefined;
        readonly ranBefore?: Revision | undefined;
      }
    | undefined;
  /** Ids of the neighbours among the failed targets. */
  readonly previousFailed?: string | undefined;
  readonly nextFailed?: string | undefined;
}

/**
 * `GET /console/api/deployments/:id/logs`. Queries: `target`, `event`, `q` (text; lines that contain it), `after` and
 * `before` (a `position`), `around` (`failure`, or a position; without any of these, the end), `limit` (at most 1,000, by default 400).
 */
export interface Logs extends Answer {
  readonly lines: readonly LogLine[];
  /** How many lines there are with these filters. */
  readonly total: number;
  /** Whether `total` is only "at least that many". */
  readonly isTotalBounded?: true | undefined;
  /** Positions for `before` and `after`; absent where there is nothing more. */
  readonly earlier?: string | undefined;
  readonly later?: string | undefined;
  /** Whether hosts send whole logs; otherwise these are the tails of 2,048 characters that agents report. */
  readonly isWhole: boolean;
  /** What was cut away, in a sentence, when a limit has cut. */
  readonly cut?: string | undefined;
}
