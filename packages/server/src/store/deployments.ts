import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Deployment, Fleet, HostMemory, LifecycleEventName, Target, World } from "@sluice/engine";
import type { Database } from "./database.ts";

/** What was asked for when a deployment was created. */
export interface DeploymentRequest {
  readonly groupName: string;
  readonly revision: RevisionLocation;
  readonly previousRevision?: RevisionLocation;
  readonly deploymentConfigName: string;
  readonly description?: string;
  readonly fileExistsBehavior: "DISALLOW" | "OVERWRITE" | "RETAIN";
  readonly updateOutdatedInstancesOnly: boolean;
}

/** A deployment as it is stored: the request, and the engine's state of it. */
export interface DeploymentRecord {
  readonly id: string;
  readonly applicationId: string;
  readonly groupId: string;
  readonly request: DeploymentRequest;
  readonly state: Deployment;
  readonly fleet?: Fleet;
  /** Counts changes: who commits must have seen the last one. */
  readonly version: number;
}

/** A command that a host is to be given. */
export interface IssuedCommand {
  readonly id: string;
  readonly identifier: string;
  readonly targetId: string;
  readonly host: string;
  readonly event: LifecycleEventName;
}

/** What a pass over a deployment changes, all at once. */
export interface Commit {
  readonly before: World;
  readonly after: World;
  readonly version: number;
  readonly issued: readonly IssuedCommand[];
  /** What the group remembers of its hosts, once the deployment is over. */
  readonly memories: Readonly<Record<string, HostMemory<string>>>;
}

interface Row {
  readonly id: string;
  readonly application_id: string;
  readonly group_id: string;
  readonly version: number;
  readonly request: string;
  readonly state: string;
  readonly fleet: string | null;
}

const columns = "id, application_id, group_id, version, request, state, fleet";

function fromRow(row: Row): DeploymentRecord {
  return {
    id: row.id,
    applicationId: row.application_id,
    groupId: row.group_id,
    version: row.version,
    request: JSON.parse(row.request) as DeploymentRequest, // written by `add`
    state: JSON.parse(row.state) as Deployment, // written by `add` and `commit`
    ...(row.fleet === null ? {} : { fleet: JSON.parse(row.fleet) as Fleet }), // written by `noteFleet`
  };
}

/** What a list of deployments may be narrowed to. */
export interface DeploymentFilter {
  readonly groupId?: string;
  readonly statuses?: readonly string[];
  readonly createdFrom?: number;
  readonly createdTo?: number;
}

/** Deployments with their targets. */
export function deployments(db: Database) {
  const byId = (id: string): DeploymentRecord | undefined => {
    const row = db.get<Row>(`SELECT ${columns} FROM deployments WHERE id = ?`, id);
    return row && fromRow(row);
  };
  return {
    byId,
    add({ id, applicationId, groupId, request, state }: Omit<DeploymentRecord, "version" | "fleet">): void {
      const values = [id, applicationId, groupId, state.status, state.createTime, JSON.stringify(request), JSON.stringify(state)];
      db.run("INSERT INTO deployments VALUES (?, ?, ?, ?, ?, 0, 1, ?, ?, NULL)", ...values);
    },
    list({ groupId, statuses, createdFrom, createdTo }: DeploymentFilter): readonly string[] {
      return db
        .all<{ id: string }>(
          `SELECT id FROM deployments WHERE (?1 IS NULL OR group_id = ?1) AND (?2 IS NULL OR status IN (SELECT value FROM json_each(?2)))
           AND create_time >= ?3 AND create_time <= ?4 ORDER BY create_time DESC, rowid DESC`,
          groupId ?? null,
          statuses === undefined ? null : JSON.stringify(statuses),
          createdFrom ?? 0,
          createdTo ?? Number.MAX_SAFE_INTEGER,
        )
        .map(({ id }) => id);
    },
    live: (): readonly string[] => db.all<{ id: string }>("SELECT id FROM deployments WHERE is_over = 0 ORDER BY create_time").map(({ id }) => id),
    liveOf(groupId: string): string | undefined {
      return db.get<{ id: string }>("SELECT id FROM deployments WHERE is_over = 0 AND group_id = ?", groupId)?.id;
    },
    lastOf(groupId: string, status?: string): DeploymentRecord | undefined {
      const row = db.get<Row>(
        `SELECT ${columns} FROM deployments WHERE group_id = ?1 AND (?2 IS NULL OR status = ?2) ORDER BY create_time DESC, rowid DESC`,
        groupId,
        status ?? null,
      );
      return row && fromRow(row);
    },
    usesConfig: (name: string): boolean =>
      db.get("SELECT 1 FROM deployments WHERE is_over = 0 AND request ->> 'deploymentConfigName' = ?", name) !== undefined,
    targets: (id: string): readonly Target[] =>
      db
        .all<{ target: string }>("SELECT target FROM targets WHERE deployment_id = ? ORDER BY position", id)
        .map(({ target }) => JSON.parse(target) as Target), // written by `commit`
    hasTarget: (id: string, host: string): boolean => db.get("SELECT 1 FROM targets WHERE deployment_id = ? AND host = ?", id, host) !== undefined,
    /** Revisions of deployments under way that this host is a target of. */
    revisionsFor: (host: string): readonly RevisionLocation[] =>
      db
        .all<{ request: string }>("SELECT d.request FROM targets t JOIN deployments d ON d.id = t.deployment_id WHERE t.host = ? AND d.is_over = 0", host)
        .map(({ request }) => (JSON.parse(request) as DeploymentRequest).revision), // written by `add`
    requestStop(id: string, at: number): void {
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_set(state, '$.stopRequestedAt', coalesce(state -> '$.stopRequestedAt', ?)) WHERE id = ?",
        at,
        id,
      );
    },
    noteFleet: (id: string, fleet: Fleet): number =>
      db.run("UPDATE deployments SET fleet = ?, version = version + 1 WHERE id = ? AND is_over = 0", JSON.stringify(fleet), id),
    memories: (groupId: string): Readonly<Record<string, HostMemory<string>>> =>
      Object.fromEntries(
        db
          .all<{ host: string; memory: string }>("SELECT host, memory FROM host_memories WHERE group_id = ?", groupId)
          .map(({ host, memory }) => [host, JSON.parse(memory) as HostMemory<string>]), // written by `commit`
      ),
    /** Compare and set: changes nothing and gives false if the deployment has moved since it was observed. */
    commit(record: DeploymentRecord, commit: Commit): boolean {
      const { after, version, issued, memories } = commit;
      const { status } = after.deployment;
      const isOver = status === "Succeeded" || status === "Failed" || status === "Stopped";
      const moved = db.run(
        "UPDATE deployments SET status = ?, is_over = ?, version = version + 1, state = ? WHERE id = ? AND version = ?",
        ...[status, isOver ? 1 : 0, JSON.stringify(after.deployment), record.id, version],
      );
      if (moved === 0) return false;
      writeTargets(db, record.id, commit);
      for (const { id, identifier, targetId, host, event } of issued)
        db.run("INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, 1)", id, identifier, record.id, targetId, host, event, after.now);
      for (const [host, memory] of Object.entries(memories))
        db.run("INSERT INTO host_memories VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET memory = excluded.memory", record.groupId, host, JSON.stringify(memory));
      return true;
    },
  };
}

function writeTargets(db: Database, deploymentId: string, { before, after }: Commit): void {
  for (const [position, target] of after.targets.entries()) {
    if (before.targets[position] === target) continue;
    db.run(
      "INSERT INTO targets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET target = excluded.target",
      ...[deploymentId, position, target.id, target.hostIdentifier, JSON.stringify(target)],
    );
    for (const { command, status } of target.events)
      if (command !== undefined && (command.acknowledgedAt !== undefined || (status !== "Pending" && status !== "InProgress")))
        db.run("UPDATE commands SET is_open = 0 WHERE id = ? AND is_open = 1", command.id);
  }
  const left = new Set(after.answers);
  for (const answer of before.answers)
    if (!left.has(answer)) db.run("UPDATE answers SET is_new = 0 WHERE command_id = ? AND kind = ?", answer.commandId, answer.kind);
}
