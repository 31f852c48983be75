import type { Answer, Base64, Cursor, Page, Time } from "./answers.ts";

/** A line that a script wrote. All of it is text: nothing in it is markup, and control characters other than tabs and colour codes are gone. */
export interface LogLine {
  /** Where it is among the lines of the deployment: for links, and for `after` and `before`. */
  readonly position: string;
  readonly target: string;
  readonly event: string;
  readonly script?: string | undefined;
  readonly stream?: "stdout" | "stderr" | undefined;
  /** Of its event on its target, from 1. */
  readonly line: number;
  readonly at?: Time | undefined;
  readonly text: string;
  /** A guess, from the text. */
  readonly level?: "error" | "warning" | undefined;
}

/** Failures that look alike. */
export interface FailureGroup {
  readonly fingerprint: string;
  readonly event: string;
  readonly errorCode: string;
  readonly script?: string | undefined;
  readonly exitCode?: number | undefined;
  /** What happened, in one sentence: the same that `sluice explain` prints. */
  readonly sentence: string;
  readonly message: string;
  readonly count: number;
  /** Of so many failed targets. */
  readonly of: number;
  readonly firstSeen: Time;
  /** Empty for failures of the deployment as a whole. */
  readonly firstTarget: string;
  /** At most 100 ids, the first ones first. */
  readonly targets: readonly string[];
  /** The end of the first one's output. */
  readonly sample: string;
  /** What the failed ones share that the good ones do not, in sentences. */
  readonly shared: readonly SharedTrait[];
  /** A known remedy, in a sentence. */
  readonly remedy?: string | undefined;
}

/** A property that failed targets have more often than the others. */
export interface SharedTrait {
  /** `zone`, `scalingGroup`, `agentVersion`, `image`, `ranBefore` … */
  readonly name: string;
  readonly value: string;
  readonly failedWith: number;
  readonly failed: number;
  readonly othersWith: number;
  readonly others: number;
}

/** Something that is not as it was at the last success. */
export interface Difference {
  readonly what: "revision" | "file" | "script" | "configuration" | "group";
  /** Which of them, such as the path of a file or the name of a setting. */
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** What to do next: the command, and the action that does the same here. */
export interface NextCommand {
  readonly text: string;
  readonly command: string;
  readonly action?: string | undefined;
}

/** `GET /console/api/deployments/:id/why`: the same words and numbers as `sluice explain`. */
export interface Why extends Answer<"rollback" | "retry" | "redeploy"> {
  readonly deploymentId: string;
  readonly sentence: string;
  /** The rule that tripped. */
  readonly rule?:
    | { readonly name: string; readonly text: string; readonly numbers: Readonly<Record<string, number>> }
    | undefined;
  readonly groups: readonly FailureGroup[];
  readonly changed: readonly Difference[];
  /** The last deployment of the group that succeeded. */
  readonly lastSuccess?: string | undefined;
  readonly next: readonly NextCommand[];
}

/** An entry of the event log. */
export interface ConsoleEvent {
  readonly cursor: Cursor;
  readonly at: Time;
  /** Such as `deployment`, `target`, `lifecycle event`, `step`, `hold`, `alarm`, `load balancer`, `scaling`, `agent`, `api`. */
  readonly kind: string;
  readonly text: string;
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  readonly deployment?: string | undefined;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
  readonly status?: string | undefined;
  /** Why, in a sentence, and the rule that says so. */
  readonly because?: string | undefined;
  readonly rule?: string | undefined;
  /** The cursor of the entry that caused this one. */
  readonly cause?: Cursor | undefined;
  /** Who did it: an ARN, or `Sluice`. */
  readonly actor?: string | undefined;
}

/** `GET /console/api/deployments/:id/events`, and `GET /console/api/events` of everything. Filters: `kind`, `target`, `q`, `from`, `to`; newest first. */
export interface Events extends Answer, Page<ConsoleEvent> {}

/** Bytes that changed in columns: `indexes` are two or four bytes each, by `indexBytes`. */
export interface ChangedCells {
  readonly indexes: Base64;
  readonly indexBytes: 2 | 4;
  readonly states: Base64;
  readonly events: Base64;
}
