/** Milliseconds since the epoch, by the server's clock. `Answer.now` says what that clock showed. */
export type Time = number;

/** A place in the event log. It only says where to go on; its form is the server's own business. */
export type Cursor = string;

/** Bytes in base64: one byte for each entry, or, where a comment says so, two bytes (little-endian). */
export type Base64 = string;

/** Whether the server would accept an action now. It is courtesy: the server judges again when the action is asked for. */
export type Permitted =
  | {
      readonly isAllowed: true;
      /** What would follow, such as "387 targets return to revision 3f2c1; 13 stay". */ readonly consequence?:
        | string
        | undefined;
    }
  | {
      readonly isAllowed: false;
      /** A sentence for people. */
      readonly why: string;
      /** `right`: the principal may not. `state`: nobody could, as things are. */
      readonly because: "right" | "state";
    };

/** What every successful answer carries beside its own members. */
export interface Answer<Action extends string = never> {
  /** The place in the event log that the answer reflects: the stream goes on from here. */
  readonly cursor: Cursor;
  /** The server's time when it answered. */
  readonly now: Time;
  /** Only actions that have to do with what is shown; one that is absent is not offered here. */
  readonly can: Readonly<Partial<Record<Action, Permitted | undefined>>>;
}

/** The body of every answer that is no success, with a status from 400 on. */
export interface Problem {
  readonly error: {
    /** AWS's code where an operation has refused, such as `AccessDeniedException`; else one of the console's own. */
    readonly code: string;
    readonly message: string;
    readonly requestId: string;
    /** The right that is missing, such as `codedeploy:StopDeployment`, with the status 403. */
    readonly right?: string | undefined;
  };
}

/**
 * A page of a list. Queries: `sort` (a name of `sortable`), `order` (`asc`, `desc`), `limit` (at most 200, by default 50),
 * `page` (`next` of the page before), and the filters of the list; repeated filters are alternatives.
 */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** How many there are with these filters, on all pages. */
  readonly total: number;
  /** Whether `total` is only "at least that many". */
  readonly isTotalBounded?: true | undefined;
  /** For `page`; absent on the last page. */
  readonly next?: string | undefined;
  /** How many there would be by value of a filter, the other filters kept. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly sortable: readonly string[];
}
