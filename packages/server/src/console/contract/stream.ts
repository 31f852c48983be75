import type { Cursor, Time } from "./answers.ts";
import type { DeploymentHeader, DeploymentRow } from "./deployments.ts";
import type { ChangedCells, ConsoleEvent, LogLine } from "./explain.ts";
import type { AuditRow, HostRow, WhereCell } from "./fleet.ts";

/**
 * `GET /console/stream?since=CURSOR&topics=A,B`: one stream for all views of a tab, in the framing of server-sent events:
 * `event: NAME`, `id: CURSOR`, `data: JSON`, a blank line. A comment `: beat` comes every 15 s. At most 32 topics; other
 * topics need another request. With `wait=25` it is a long poll: the answer is `StreamBatch` as JSON, after the first
 * change, or after that many seconds (at most 25).
 *
 * Topics: `now`, `deployments`, `where`, `hosts`, `events`, `audit`, `cloud`, and of one deployment `deployment:ID`,
 * `targets:ID`, `events:ID`, `logs:ID`.
 */
export interface StreamMessages {
  /** The first message: the stream reads on from `cursor`. */
  readonly hello: { readonly cursor: Cursor; readonly now: Time; readonly beatSeconds: number };
  /** At most four a second for each topic; what happened in between is merged. */
  readonly delta: Delta;
  /** Nothing can be said of what happened since `since`: read the snapshots again. The stream goes on from `cursor`. */
  readonly resync: { readonly cursor: Cursor; readonly why: "too old" | "unknown" | "too slow" };
  /** The last message. `login`: the session has ended, do not come back with it; `again`: come back with `since`. */
  readonly end: { readonly next: "login" | "again"; readonly why: string };
}

/** A change of what one topic shows. Rows replace those of the same id; what is not named is as it was. */
export type Delta = { readonly cursor: Cursor } & (
  | { readonly topic: "now" | "deployments"; readonly rows: readonly DeploymentRow[] }
  | { readonly topic: "where"; readonly cells: readonly WhereCell[] }
  | { readonly topic: "hosts"; readonly hosts: readonly HostRow[] }
  | {
      readonly topic: "events" | `events:${string}`;
      readonly events: readonly ConsoleEvent[];
      /** How many more there were: read the list again. */ readonly more?: number | undefined;
    }
  | { readonly topic: "audit"; readonly entries: readonly AuditRow[] }
  /** Parts of the local cloud that may have changed: read them again. */
  | { readonly topic: "cloud"; readonly parts: readonly string[] }
  | { readonly topic: `deployment:${string}`; readonly deployment: DeploymentHeader }
  | {
      readonly topic: `targets:${string}`;
      /** How many targets there are now. When it differs from what the reader has: read the columns again. */
      readonly count: number;
      readonly cells: ChangedCells;
    }
  | {
      readonly topic: `logs:${string}`;
      readonly lines: readonly LogLine[];
      /** How many more there were: read them by `after`. */ readonly more?: number | undefined;
    }
);

/** The answer to a long poll. */
export interface StreamBatch {
  readonly cursor: Cursor;
  readonly deltas: readonly Delta[];
  readonly resync?: StreamMessages["resync"] | undefined;
}
