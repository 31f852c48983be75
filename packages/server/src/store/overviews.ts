import type { SQLInputValue } from "node:sqlite";
import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";
import { byDeployment, type DeploymentCounts } from "./deployments/target-counts.ts";

/** A deployment group in an overview. */
export interface GroupOverview {
  readonly id: string;
  readonly name: string;
  readonly applicationId: string;
  readonly application: string;
  readonly platform: "Server" | "Lambda" | "ECS";
  readonly targetRevision?: RevisionLocation | undefined;
}

/** Which deployments an overview shows. What is absent does not limit it. */
export interface OverviewFilter {
  /** Only of these groups. */
  readonly groupIds?: readonly string[] | undefined;
  readonly statuses?: readonly string[] | undefined;
  readonly creators?: readonly string[] | undefined;
  /** Only to this host, by the identifiers that it may have. */
  readonly hosts?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** A text in the id, the names, the description or the error. */
  readonly text?: string | undefined;
  readonly revision?: RevisionLocation | undefined;
  readonly isOver?: boolean | undefined;
}

/** By what overviews of deployments are sorted. */
export const deploymentOrders = ["createTime", "completeTime", "status", "application", "group", "id"] as const;

/** How a list is cut. */
export interface OverviewPage {
  readonly sort: (typeof deploymentOrders)[number];
  readonly isAscending: boolean;
  readonly offset: number;
  readonly limit: number;
}

const columnsOf: Readonly<Record<OverviewPage["sort"], string>> = {
  createTime: "d.create_time",
  completeTime: "d.state ->> 'completeTime'",
  status: "d.status",
  application: "a.name",
  group: "d.request ->> 'groupName'",
  id: "d.id",
};

const joined = "deployments d JOIN applications a ON a.id = d.application_id";

/** Reads across applications and deployments: for people who look at many at once. */
export function overviews(db: Database) {
  return { ...groupOverviews(db), ...deploymentOverviews(db), ...hostOverviews(db) };
}

const groupOverviews = (db: Database) => ({
  /** All groups of applications that are there, by names. */
  groups: (): readonly GroupOverview[] =>
    db
      .all<GroupRow>(
        `SELECT g.id, g.name, g.application_id, a.name AS application, a.compute_platform, g.target_revision
FROM deployment_groups g JOIN applications a ON a.id = g.application_id
WHERE NOT EXISTS (SELECT 1 FROM deleted_applications WHERE deleted_applications.id = a.id) ORDER BY a.name, g.name`,
      )
      .map(groupFromRow),
  /** Durations of the deployments of a group that succeeded, the newest first, in milliseconds. */
  durations: (
    groupId: string,
    count: number,
  ): readonly { readonly id: string; readonly at: number; readonly duration: number }[] =>
    db.all(
      `SELECT id, state ->> 'completeTime' AS at, state ->> 'completeTime' - coalesce(state ->> 'startTime', create_time) AS duration
FROM deployments WHERE group_id = ? AND status = 'Succeeded' ORDER BY create_time DESC LIMIT ?`,
      groupId,
      count,
    ),
});

const deploymentOverviews = (db: Database) => ({
  /** Ids of deployments. */
  deployments(filter: OverviewFilter, { sort, isAscending, offset, limit }: OverviewPage): readonly string[] {
    const { where, values } = conditions(filter);
    const direction = isAscending ? "ASC" : "DESC";
    return db
      .all<{ id: string }>(
        `SELECT d.id FROM ${joined} WHERE ${where} ORDER BY ${columnsOf[sort]} ${direction}, d.rowid ${direction} LIMIT ? OFFSET ?`,
        ...values,
        limit,
        offset,
      )
      .map(({ id }) => id);
  },
  /** How many deployments there are, by status. */
  countByStatus(filter: OverviewFilter): Readonly<Record<string, number>> {
    const { where, values } = conditions(filter);
    return Object.fromEntries(
      db
        .all<{ status: string; n: number }>(
          `SELECT d.status, count(*) AS n FROM ${joined} WHERE ${where} GROUP BY d.status`,
          ...values,
        )
        .map(({ status, n }) => [status, n]),
    );
  },
  /** How deployments ended since a time, by the hour of their end. */
  outcomes: (
    since: number,
    groupIds: readonly string[] | undefined,
  ): readonly { readonly hour: number; readonly status: string; readonly n: number }[] => {
    const { where, values } = conditions({ groupIds, isOver: true });
    return db.all(
      `SELECT d.state ->> 'completeTime' / 3600000 AS hour, d.status, count(*) AS n FROM ${joined}
WHERE ${where} AND d.create_time >= ? AND d.state ->> 'completeTime' >= ? GROUP BY 1, 2`,
      ...values,
      since - longestDeployment,
      since,
    );
  },
  /** How many targets of a deployment have which status. */
  targetCounts: (id: string): DeploymentCounts => byDeployment(db, id),
});

const hostOverviews = (db: Database) => ({
  /** How many hosts a group remembers to have which revision, by its identity; those with none under "". */
  installed: (groupId: string): readonly { readonly identity: string; readonly n: number }[] =>
    db.all(
      "SELECT coalesce(memory ->> 'installed', '') AS identity, count(*) AS n FROM host_memories WHERE group_id = ? GROUP BY 1 ORDER BY 2 DESC",
      groupId,
    ),
  /** What all groups remember of hosts, by host. */
  hosts: (): readonly {
    readonly host: string;
    readonly groupId: string;
    readonly health: string;
    readonly identity: string | null;
  }[] =>
    db.all(
      "SELECT host, group_id AS groupId, memory ->> 'health' AS health, memory ->> 'installed' AS identity FROM host_memories ORDER BY host",
    ),
  /** The deployment that has a host now. */
  runningOn: (host: string): string | undefined =>
    db.get<{ id: string }>(
      "SELECT d.id FROM targets t JOIN deployments d ON d.id = t.deployment_id WHERE t.host = ? AND d.is_over = 0 ORDER BY d.create_time DESC",
      host,
    )?.id,
});

/** Deployments take at most so long, in milliseconds: what ended since a time began at most so long before. */
const longestDeployment = 8 * 24 * 3_600_000;

interface GroupRow {
  readonly id: string;
  readonly name: string;
  readonly application_id: string;
  readonly application: string;
  readonly compute_platform: GroupOverview["platform"];
  readonly target_revision: string | null;
}

const groupFromRow = (row: GroupRow): GroupOverview => ({
  id: row.id,
  name: row.name,
  applicationId: row.application_id,
  application: row.application,
  platform: row.compute_platform,
  targetRevision: row.target_revision === null ? undefined : (JSON.parse(row.target_revision) as RevisionLocation), // written by `succeeded`
});

function conditions(filter: OverviewFilter): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const { groupIds, statuses, creators, hosts, from, to, text, revision, isOver } = filter;
  const parts: string[] = ["1"];
  const values: SQLInputValue[] = [];
  const add = (part: string, ...own: readonly SQLInputValue[]) => {
    parts.push(part);
    values.push(...own);
  };
  const oneOf = (column: string, list: readonly string[] | undefined) =>
    list && add(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(list));
  oneOf("d.group_id", groupIds);
  oneOf("d.status", statuses);
  oneOf("d.request ->> 'creator'", creators);
  if (isOver !== undefined) add("d.is_over = ?", isOver ? 1 : 0);
  if (hosts !== undefined)
    add(
      "d.id IN (SELECT deployment_id FROM targets WHERE host IN (SELECT value FROM json_each(?)))",
      JSON.stringify(hosts),
    );
  if (from !== undefined) add("d.create_time >= ?", from);
  if (to !== undefined) add("d.create_time <= ?", to);
  if (text !== undefined)
    add(
      `instr(lower(d.id || char(10) || a.name || char(10) || (d.request ->> 'groupName') || char(10) ||
 coalesce(d.request ->> 'description', '') || char(10) || coalesce(d.state ->> '$.error.message', '')), lower(?)) > 0`,
      text,
    );
  for (const [path, value] of membersOf(revision)) add(`d.request ->> ? IS ?`, `$.revision.${path}`, value);
  return { where: parts.join(" AND "), values };
}

/** What tells a revision from others, by its place in a location. */
function membersOf(revision: RevisionLocation | undefined): readonly (readonly [path: string, value: string | null])[] {
  const { s3Location: s3, gitHubLocation: git, appSpecContent, string } = revision ?? {};
  if (s3 !== undefined)
    return [
      ["s3Location.bucket", s3.bucket ?? null],
      ["s3Location.key", s3.key ?? null],
      ["s3Location.version", s3.version ?? null],
    ];
  if (git !== undefined)
    return [
      ["gitHubLocation.repository", git.repository ?? null],
      ["gitHubLocation.commitId", git.commitId ?? null],
    ];
  if (appSpecContent !== undefined) return [["appSpecContent.sha256", appSpecContent.sha256 ?? null]];
  return string === undefined ? [] : [["string.sha256", string.sha256 ?? null]];
}
