import type { AuditRow, DeploymentRow, WhereCell } from "../contract.ts";
import type { LoggedEvent } from "../../event-log/logged-event.ts";
import { lineView } from "../snapshots/script-lines/logs.ts";
import type { LogLine as ScriptLine } from "../../script-logs/log-line.ts";
import type { SnapshotContext } from "../snapshots/context.ts";
import { base64, base64OfIndexes } from "../snapshots/one-deployment/columns.ts";
import { headerOf } from "../snapshots/one-deployment/deployment.ts";
import { rowsOf } from "../snapshots/deployments.ts";
import { eventNamesOf } from "../snapshots/one-deployment/event-names.ts";
import { eventView } from "../snapshots/events.ts";
import { hostsByIdentifier } from "../snapshots/hosts.ts";
import { eventBytes, stateByte } from "../snapshots/one-deployment/targets.ts";
import { cellOf } from "../snapshots/where.ts";
import { type Changes, groupKey } from "./changes.ts";
import { type Topic, topicName } from "./topics.ts";

/** One row of a delta as JSON, and who may see it. */
interface Item {
  readonly json: string;
  /** The key of its group; readers that may not see that do not get it. */
  readonly group?: string | undefined;
  /** Only for who may read the audit log. */
  readonly isCall?: boolean | undefined;
  /** Only for who may see everything. */
  readonly isForAll?: boolean | undefined;
}

/** A delta that is made once for all readers: its text in parts, so that a reader gets only the rows that it may see. */
export interface Rendered {
  readonly begin: string;
  readonly items: readonly Item[];
  readonly end: string;
}

/** What a reader may see. */
export interface Sight {
  /** Absent: every group. */
  readonly groups?: ReadonlySet<string> | undefined;
  readonly audit: boolean;
}

/** Lines of scripts that were not told yet, and whether there are more that are not here. */
export interface NewLines {
  readonly lines: readonly ScriptLine[];
  readonly isMore: boolean;
}

interface RenderContext extends SnapshotContext {
  readonly auditRows: () => readonly AuditRow[];
  readonly newLines: (id: string) => NewLines | undefined;
}

/** What changes look like for a topic; undefined when they have nothing to do with it. */
export function render(topic: Topic, changes: Changes, context: RenderContext): Rendered | undefined {
  const { store } = context;
  switch (topic.name) {
    case "now":
    case "deployments":
      return list(topic, "rows", rowsOf(context, [...changes.deployments]).map(rowItem));
    case "where":
      return list(topic, "cells", cellsOf(changes, context).map(cellItem));
    case "hosts":
      return list(topic, "hosts", hostsByIdentifier(context, [...changes.hosts]).map(forAll));
    case "audit":
      return changes.hasCalls ? list(topic, "entries", context.auditRows().map(callItem)) : undefined;
    case "cloud":
      return undefined;
    case "events": {
      if (topic.id === undefined) return events(topic, changes.events, changes.eventCount);
      const own = changes.eventsOf.get(topic.id) ?? [];
      return events(topic, own, own.length);
    }
    case "deployment": {
      const record = changes.deployments.has(topic.id) ? store.deployments.byId(topic.id) : undefined;
      return record && whole(topic, { deployment: headerOf(context, record) });
    }
    case "targets":
      return cells(topic.id, changes, context);
    case "logs":
      return changes.logs.has(topic.id) ? lines(topic, context.newLines(topic.id)) : undefined;
  }
}

/** The text of a delta for a reader; undefined when it may see none of it. */
export function textFor({ begin, items, end }: Rendered, { groups, audit }: Sight): string | undefined {
  const isSeen = ({ group, isCall, isForAll }: Item) =>
    (isCall !== true || audit) &&
    (groups === undefined || (isForAll !== true && (group === undefined || groups.has(group))));
  const seen = items.filter(isSeen);
  return seen.length === 0 && items.length > 0 ? undefined : `${begin}${seen.map(({ json }) => json).join(",")}${end}`;
}

function list(topic: Topic, member: string, items: readonly Item[], more = ""): Rendered | undefined {
  if (items.length === 0) return undefined;
  return { begin: `"topic":${JSON.stringify(topicName(topic))},"${member}":[`, items, end: `]${more}` };
}

const whole = (topic: Topic, members: object): Rendered => ({
  begin: `"topic":${JSON.stringify(topicName(topic))},${JSON.stringify(members).slice(1, -1)}`,
  items: [],
  end: "",
});

function events(topic: Topic, shown: readonly LoggedEvent[], count: number): Rendered | undefined {
  const more = count > shown.length ? `,"more":${count - shown.length}` : "";
  return list(topic, "events", shown.map(eventItem), more);
}

function lines(topic: Topic, found: NewLines | undefined): Rendered | undefined {
  if (found === undefined || (found.lines.length === 0 && !found.isMore)) return undefined;
  return whole(topic, { lines: found.lines.map(lineView), ...(found.isMore ? { more: 1 } : {}) });
}

const rowItem = (row: DeploymentRow): Item => ({
  json: JSON.stringify(row),
  group: groupKey(row.application, row.group),
});
const cellItem = (cell: WhereCell): Item => ({
  json: JSON.stringify(cell),
  group: groupKey(cell.application, cell.group),
});
const forAll = (row: object): Item => ({ json: JSON.stringify(row), isForAll: true });
const callItem = (row: object): Item => ({ json: JSON.stringify(row), isCall: true });

const eventItem = (event: LoggedEvent): Item => ({
  json: JSON.stringify(eventView(event)),
  ...(event.kind === "API call"
    ? { isCall: true }
    : event.application === undefined || event.group === undefined
      ? { isForAll: true }
      : { group: groupKey(event.application, event.group) }),
});

function cellsOf({ groups }: Changes, context: SnapshotContext): readonly WhereCell[] {
  if (groups.size === 0) return [];
  return context.store.overviews
    .groups()
    .filter(({ application, name }) => groups.has(groupKey(application, name)))
    .map((group) => cellOf(context, group));
}

/** The bytes of the targets that have changed. */
function cells(id: string, changes: Changes, { store }: SnapshotContext): Rendered | undefined {
  if (!changes.deployments.has(id)) return undefined;
  const targets = store.deployments.targets(id);
  const changed = changes.targets.get(id) ?? new Set<string>();
  const indexes: number[] = [];
  for (const [index, target] of targets.entries()) if (changed.has(target.id)) indexes.push(index);
  const shown = indexes.flatMap((index) => targets[index] ?? []);
  const byteOf = eventBytes(eventNamesOf(targets));
  return whole(
    { name: "targets", id },
    {
      count: targets.length,
      cells: {
        ...base64OfIndexes(indexes),
        states: base64(Uint8Array.from(shown, stateByte)),
        events: base64(Uint8Array.from(shown, byteOf)),
      },
    },
  );
}
