import type { AuditEntry } from "../../audit/audit-entry.ts";
import type { Answer, Audit, AuditRow } from "../contract.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { listQuery, nextPage } from "./list-query.ts";

/** `GET /console/api/audit`. */
export async function auditEntries(
  viewer: Viewer,
  { audit }: SnapshotContext,
  query: URLSearchParams,
): Promise<Omit<Audit, keyof Answer>> {
  await viewer.demand("sluice:ListAuditEntries");
  const asked = listQuery(query, ["at"]);
  const { entries, total } = audit.readByFilter({
    callers: asked.all("caller"),
    operations: asked.all("operation"),
    outcomes: asked.all("outcome"),
    text: asked.one("q"),
    from: asked.number("from"),
    to: asked.number("to"),
    isAscending: asked.isAscending,
    offset: asked.offset,
    limit: asked.limit,
  });
  return {
    rows: entries.map(auditRow),
    total,
    next: nextPage(asked, total),
    counts: {},
    sortable: ["at"],
  };
}

/** An entry of the audit log, by the members that are listed here. */
export const auditRow = ({
  sequence,
  at,
  requestId,
  service,
  operation,
  caller,
  sourceIp,
  resources,
  outcome,
}: AuditEntry): AuditRow => ({
  sequence,
  at,
  requestId,
  service,
  operation,
  caller,
  sourceIp,
  resources,
  outcome,
});
