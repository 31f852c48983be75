import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentCreator,
  DeploymentMode,
  DeploymentStyle,
  LoadBalancerInfo,
  RevisionLocation,
  TargetInstances,
} from "@aws-sdk/client-codedeploy";
import type { Deployment, Fleets, HostMemory, Target } from "@sluice/engine";
import type { Database } from "../database.ts";
import type { DeploymentCache } from "./cache.ts";

/** The request with which a deployment was created, and its group's settings at that time. */
export interface DeploymentRequest {
  readonly groupName: string;
  readonly creator: DeploymentCreator;
  readonly deploymentStyle: Required<DeploymentStyle>;
  readonly revision: RevisionLocation;
  readonly previousRevision?: RevisionLocation | undefined;
  readonly deploymentConfigName: string;
  /**
   * The group's service role at that time: what remains to be done after the group has been deleted is done with it.
   * Absent in records of earlier versions.
   */
  readonly serviceRoleArn?: string | undefined;
  readonly description?: string | undefined;
  readonly fileExistsBehavior: "DISALLOW" | "OVERWRITE" | "RETAIN";
  readonly updateOutdatedInstancesOnly: boolean;
  readonly loadBalancerInfo?: LoadBalancerInfo | undefined;
  readonly blueGreenDeploymentConfiguration?: BlueGreenDeploymentConfiguration | undefined;
  readonly targetInstances?: TargetInstances | undefined;
  /** In force for this deployment: its own, or the group's. */
  readonly autoRollbackConfiguration?: AutoRollbackConfiguration | undefined;
  readonly alarmConfiguration?: AlarmConfiguration | undefined;
  readonly overrideAlarmConfiguration?: AlarmConfiguration | undefined;
  /**
   * Whether there was a token for its repository when the deployment was created: its creator had the right to use it.
   */
  readonly usesGitHubToken?: boolean | undefined;
  readonly externalId?: string | undefined;
  readonly deploymentMode?: DeploymentMode | undefined;
  /** For a restart: the deployment whose unpacked revision hosts use again, instead of downloading it. */
  readonly restarts?: string | undefined;
  /** For a rollback: which deployment it rolls back, and the message about it. */
  readonly rollbackOf?: { readonly deploymentId: string; readonly message: string };
  /** The deployment whose targets it tries again. */
  readonly retries?: string | undefined;
  /** For a follow-up: the deployment that it follows. */
  readonly follows?: string | undefined;
}

/** A deployment as it is stored: the request, and the engine's state of it. */
export interface DeploymentRecord {
  readonly id: string;
  readonly applicationId: string;
  readonly groupId: string;
  readonly request: DeploymentRequest;
  readonly state: Deployment;
  /** Counts changes: a commit must be based on the last one. */
  readonly version: number;
}

interface Row {
  readonly id: string;
  readonly application_id: string;
  readonly group_id: string;
  readonly version: number;
  readonly request: string;
  readonly state: string;
}

const columns = "id, application_id, group_id, version, request, state";

function fromRow(row: Row): DeploymentRecord {
  return {
    id: row.id,
    applicationId: row.application_id,
    groupId: row.group_id,
    version: row.version,
    request: JSON.parse(row.request) as DeploymentRequest, // written by `add`
    state: JSON.parse(row.state) as Deployment, // written by `add` and `commit`
  };
}

/** The last deployment of a group, or the last of a status. Each is a statement of its own, which walks an index of its own. */
function lastOf(db: Database, groupId: string, status: string | undefined): DeploymentRecord | undefined {
  const ofStatus = status === undefined ? "" : "AND status = ?";
  const row = db.get<Row>(
    `SELECT ${columns} FROM deployments WHERE group_id = ? ${ofStatus} ORDER BY create_time DESC, rowid DESC LIMIT 1`,
    groupId,
    ...(status === undefined ? [] : [status]),
  );
  return row && fromRow(row);
}

/** Reads deployments and their targets. */
export function deploymentReads(db: Database, cache: DeploymentCache) {
  const byId = (id: string): DeploymentRecord | undefined => {
    const row = db.get<Row>(`SELECT ${columns} FROM deployments WHERE id = ?`, id);
    return row && fromRow(row);
  };
  return {
    byId,
    live: (): readonly string[] =>
      db.all<{ id: string }>("SELECT id FROM deployments WHERE is_over = 0 ORDER BY create_time").map(({ id }) => id),
    /** Returns the one deployment of a group in progress; those of Auto Scaling do not count (deployments.md §9.2). */
    liveOf(groupId: string): string | undefined {
      return db.get<{ id: string }>(
        "SELECT id FROM deployments WHERE is_over = 0 AND group_id = ? AND state ->> 'kind' NOT IN ('launch', 'termination')",
        groupId,
      )?.id;
    },
    lastOf: (groupId: string, status?: string): DeploymentRecord | undefined => lastOf(db, groupId, status),
    /** Returns the last deployment of a group that was created before a time (milliseconds since the epoch) and has succeeded. */
    lastSucceededBefore(groupId: string, createTime: number): DeploymentRecord | undefined {
      const row = db.get<Row>(
        `SELECT ${columns} FROM deployments WHERE group_id = ? AND status = 'Succeeded' AND create_time < ? ORDER BY create_time DESC, rowid DESC`,
        groupId,
        createTime,
      );
      return row && fromRow(row);
    },
    usesConfig: (name: string): boolean =>
      db.get("SELECT 1 FROM deployments WHERE is_over = 0 AND request ->> 'deploymentConfigName' = ?", name) !==
      undefined,
    memories: (groupId: string): Readonly<Record<string, HostMemory<string>>> =>
      Object.fromEntries(
        db
          .all<{ host: string; memory: string }>("SELECT host, memory FROM host_memories WHERE group_id = ?", groupId)
          .map(({ host, memory }) => [host, JSON.parse(memory) as HostMemory<string>]), // written by `commit`
      ),
    targets: (id: string): readonly Target[] => cache.targets(id),
    target: (id: string, targetId: string): Target | undefined => cache.target(id, targetId),
    /** Returns the results of the deployment's fleet queries. */
    fleets: (id: string): Fleets => cache.fleets(id),
    /** What a host is to a deployment that is under way; undefined when it is nothing to it. */
    liveTarget(id: string, host: string): Target | undefined {
      const row = db.get<{ id: string }>(
        "SELECT t.id FROM targets t JOIN deployments d ON d.id = t.deployment_id WHERE t.host = ? AND d.id = ? AND d.is_over = 0",
        host,
        id,
      );
      return row && cache.target(id, row.id);
    },
    /** Returns the revisions of deployments in progress to this host. */
    revisionsFor: (host: string): readonly RevisionLocation[] =>
      db
        .all<{ request: string }>(
          // What is live comes first: a host may have had thousands of deployments.
          "SELECT d.request FROM deployments d CROSS JOIN targets t ON t.deployment_id = d.id WHERE t.host = ? AND d.is_over = 0",
          host,
        )
        .map(({ request }) => (JSON.parse(request) as DeploymentRequest).revision), // written by `add`
  };
}
