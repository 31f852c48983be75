import type { Answer, Audit } from "../contract.ts";
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
    rows: entries.map(({ sequence, at, requestId, service, operation, caller, sourceIp, resources, outcome }) => ({
      sequence,
      at,
      requestId,
      service,
      operation,
      caller,
      sourceIp,
      resources,
      outcome,
    })),
    total,
    next: nextPage(asked, total),
    counts: {},
    sortable: ["at"],
  };
}
