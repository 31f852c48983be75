import type { Decision } from "@sluice/engine";

/** A request as it is counted. */
export interface MeasuredRequest {
  readonly service: string;
  readonly operation: string;
  readonly fault?: string | undefined;
  readonly milliseconds: number;
}

/** A deployment that has ended. */
export interface MeasuredEnd {
  readonly application: string;
  readonly group: string;
  readonly outcome: string;
  readonly milliseconds: number;
}

/** A transaction of one of the databases. */
export interface MeasuredCommit {
  /** How many writes have shared it. */
  readonly jobs: number;
  readonly milliseconds: number;
}

/** What the server tells of itself as it happens. */
export interface Measurements {
  request(request: MeasuredRequest): void;
  decision(decision: Decision): void;
  end(deployment: MeasuredEnd): void;
  /** In milliseconds. */
  readonly pass: (milliseconds: number) => void;
  commit(database: string, commit: MeasuredCommit): void;
  defect(): void;
  /** Something went over a limit, by the limit's name. */
  overLimit(limit: string): void;
}

/** What is read of the server when somebody asks for its metrics. */
export interface Readings {
  readonly polls: () => { readonly held: number; readonly seen: number; readonly silent: number };
  /** How many deployments have not ended, by status. */
  readonly live: () => Readonly<Record<string, number>>;
  /** Bytes, by file. */
  readonly storeSizes: () => Readonly<Record<string, number>>;
  readonly queues: () => Readonly<Record<string, number>>;
}
