import type { SQLInputValue } from "node:sqlite";
import type { Database } from "../store/database.ts";
import type { AuditEntry } from "./audit-entry.ts";

/** Which entries of the audit log are read. What is absent does not limit it. */
export interface AuditFilter {
  readonly callers?: readonly string[] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly outcomes?: readonly string[] | undefined;
  /** A text anywhere in the entry. */
  readonly text?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly isAscending: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** Returns entries, and how many there are with the filter. */
export function readByFilter(
  db: Pick<Database, "all" | "get">,
  filter: AuditFilter,
): { readonly entries: readonly AuditEntry[]; readonly total: number } {
  const parts: string[] = ["1"];
  const values: SQLInputValue[] = [];
  const add = (part: string, ...own: readonly SQLInputValue[]) => {
    parts.push(part);
    values.push(...own);
  };
  for (const [member, list] of Object.entries({
    caller: filter.callers,
    operation: filter.operations,
    outcome: filter.outcomes,
  }))
    if (list !== undefined) add(`entry ->> '${member}' IN (SELECT value FROM json_each(?))`, JSON.stringify(list));
  if (filter.text !== undefined) add("instr(lower(entry), lower(?)) > 0", filter.text);
  if (filter.from !== undefined) add("at >= ?", filter.from);
  if (filter.to !== undefined) add("at <= ?", filter.to);
  const where = parts.join(" AND ");
  const total = db.get<{ n: number }>(`SELECT count(*) AS n FROM audit WHERE ${where}`, ...values)?.n ?? 0;
  const rows = db.all<{ sequence: number; at: number; entry: string }>(
    `SELECT sequence, at, entry FROM audit WHERE ${where} ORDER BY sequence ${filter.isAscending ? "ASC" : "DESC"} LIMIT ? OFFSET ?`,
    ...values,
    filter.limit,
    filter.offset,
  );
  const entries = rows.map(({ sequence, at, entry }) => ({
    sequence,
    at,
    ...(JSON.parse(entry) as Omit<AuditEntry, "sequence" | "at">), // written by `append`
  }));
  return { entries, total };
}
