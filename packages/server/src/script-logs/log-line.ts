/** Lines that a script has printed, as an agent sends them. */
export interface LogBatch {
  readonly deploymentId: string;
  /** The target's id. */
  readonly target: string;
  readonly event: string;
  /** The number of the first line, from 1, among all of the event. */
  readonly first: number;
  /** Without line ends; those of a stream begin with `[stdout]` or `[stderr]`. */
  readonly lines: readonly string[];
  /** When they have arrived, in milliseconds since the epoch. */
  readonly at: number;
}

/** One line of a log. */
export interface LogLine {
  /** Its place in the order of arrival: strictly rising, over all deployments. */
  readonly position: number;
  readonly target: string;
  readonly event: string;
  /** The script, by its path in the revision; undefined before the first one. */
  readonly script?: string | undefined;
  readonly stream?: "stdout" | "stderr" | undefined;
  /** Its number in the event, from 1. A gap is of lines that were too many. */
  readonly line: number;
  /** When it has arrived, in milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Which lines are read. */
export interface LogFilter {
  readonly deploymentId: string;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
  /** Only lines with this text, in capitals or not. */
  readonly search?: string | undefined;
  /** Only lines after this position. */
  readonly after?: number | undefined;
  /** Only lines before this position. */
  readonly before?: number | undefined;
  /** The last lines before `before` instead of the first ones after `after`; they are returned in order all the same. */
  readonly fromEnd?: boolean | undefined;
  /** How many at most; 1,000 by default. */
  readonly limit?: number | undefined;
}

/** Lines in order, and where to go on. */
export interface LogPage {
  readonly lines: readonly LogLine[];
  /** As `after`, or from the end as `before`. Undefined when there is nothing more now. A page may be empty and have one. */
  readonly next?: number | undefined;
}
