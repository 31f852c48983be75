import { eventKinds, type LoggedEvent } from "../../event-log/logged-event.ts";
import type { Answer, ConsoleEvent, Events } from "../contract.ts";
import { badRequest } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { deploymentFor } from "./one-deployment/deployment.ts";
import { listQuery } from "./list-query.ts";
import { visibleTo } from "./visible.ts";

/** `GET /console/api/deployments/:id/events`, and of everything without an id. */
export async function events(
  viewer: Viewer,
  context: SnapshotContext,
  { id, query }: { readonly id?: string | undefined; readonly query: URLSearchParams },
): Promise<Omit<Events, keyof Answer>> {
  const isSeen = id === undefined ? await seenBy(viewer, context) : () => true;
  if (id !== undefined) await deploymentFor(viewer, context, id);
  const page = query.get("page");
  query.delete("page");
  const asked = listQuery(query, ["at"]);
  const before = page === null ? undefined : Number(/^e(\d{1,15})$/.exec(page)?.[1] ?? refusePage());
  const [text, from, to] = [asked.one("q")?.toLowerCase(), asked.number("from"), asked.number("to")];
  const kinds = asked.all("kind");
  const read = context.store.events.read({
    deploymentId: id,
    target: asked.one("target"),
    kinds: kinds && eventKinds.filter((kind) => kinds.includes(kind)),
    before,
    newestFirst: true,
    limit: asked.limit,
  });
  const rows = read.events
    .filter(
      (event) => isSeen(event) && (from === undefined || event.at >= from) && (to === undefined || event.at <= to),
    )
    .map(eventView)
    .filter((event) => text === undefined || `${event.text} ${event.because}`.toLowerCase().includes(text));
  return {
    rows,
    total: rows.length,
    isTotalBounded: true,
    next: read.next === undefined ? undefined : `e${read.next}`,
    counts: {},
    sortable: ["at"],
  };
}

function refusePage(): never {
  throw badRequest("page must be what an earlier page has given as next");
}

/** Whether a viewer may see an event: one of a group that it may see, or, as a reader of the audit log, any. */
export async function seenBy(viewer: Viewer, context: SnapshotContext): Promise<(event: LoggedEvent) => boolean> {
  const { groups, groupIds } = await visibleTo(viewer, context);
  if (groupIds === undefined) return () => true;
  const readsAudit = (await viewer.may("sluice:ListAuditEntries")).isAllowed;
  const seen = new Set(groups.map(({ application, name }) => `${application}\n${name}`));
  return ({ application, group, kind }) =>
    kind === "API call" ? readsAudit : application !== undefined && seen.has(`${application}\n${group}`);
}

/** An entry of the event log as pages show it. */
export function eventView(event: LoggedEvent): ConsoleEvent {
  const { cursor, at, kind, application, group, deploymentId, target, event: name, to, because, actor } = event;
  return {
    cursor: String(cursor),
    at,
    kind,
    text: sentenceOf(event),
    application,
    group,
    deployment: deploymentId,
    target,
    event: name,
    status: to,
    because,
    actor,
  };
}

function sentenceOf({ kind, deploymentId = "", target = "", event = "", from, to = "", detail }: LoggedEvent): string {
  const code = detail?.["errorCode"] === undefined ? "" : ` (${detail["errorCode"]})`;
  switch (kind) {
    case "deployment":
      return from === undefined || from === ""
        ? `${deploymentId} is ${to}${code}`
        : `${deploymentId}: ${from} → ${to}${code}`;
    case "targets":
      return `${detail?.["count"] ?? "Some"} targets were added`;
    case "target":
      return `${target}: ${to}`;
    case "lifecycle event":
      return `${target}: ${event} ${to}${code}`;
    case "step":
    case "hold":
      return `${event}: ${to}${code}`;
    case "progress":
      return target === "" ? event : `${target}: ${event}`;
    case "host":
      return `${target} is ${to === "Silent" ? "silent" : "there"}`;
    case "API call":
      return `${event}${target === "" ? "" : ` on ${target}`}${to === "" ? "" : `: ${to}`}`;
    default:
      return [kind, target, event, to].filter((word) => word !== "").join(" ");
  }
}
