import type * as Logs from "@aws-sdk/client-cloudwatch-logs";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { LogStore } from "./log-store.ts";

export interface LogsContext {
  readonly db: CloudDatabase;
  readonly logs: LogStore;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of CloudWatch Logs' operations. */
export type LogsOperations = Partial<Operations<typeof Logs, LogsContext>>;

/** A log group's row. */
export interface GroupRow {
  readonly name: string;
  readonly created_at: number;
  /** In days; null keeps lines for ever. */
  readonly retention: number | null;
}

/** Returns the log group's name in a name or an ARN. */
export const groupNameOf = (name: string | undefined, identifier = ""): string =>
  name ?? /:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier;

/** Returns the log group of a name or an ARN; throws a Fault when there is none. */
export function groupOf({ db, logs }: LogsContext, name: string | undefined, identifier?: string): GroupRow {
  logs.flush();
  const wanted = groupNameOf(name, identifier);
  const row = db.get<GroupRow>("SELECT * FROM log_groups WHERE name = ?", wanted);
  if (row === undefined)
    throw new Fault("ResourceNotFoundException", `The specified log group does not exist: "${wanted}"`);
  return row;
}

/** Returns the number that a paging token stands for; throws a Fault when it is none of ours. */
export function readToken(token: string | undefined): { readonly at: number; readonly id: number } | undefined {
  if (token === undefined) return undefined;
  const [, at, id] = /^[fb]\/(\d+)\/(\d+)$/.exec(token) ?? [];
  if (at === undefined || id === undefined)
    throw new Fault("InvalidParameterException", `The specified nextToken is invalid: "${token.slice(0, 80)}"`);
  return { at: Number(at), id: Number(id) };
}
