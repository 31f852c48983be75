import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  EC2TagFilter,
  ECSService,
  LoadBalancerInfo,
  RevisionLocation,
  Tag,
  TagFilter,
  TriggerConfig,
} from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";

/** What a deployment group is made of, in AWS's shapes. What was not given is absent. */
export interface GroupSettings {
  readonly deploymentConfigName: string;
  readonly serviceRoleArn: string;
  readonly ec2TagFilters?: readonly EC2TagFilter[] | undefined;
  readonly ec2TagSet?: readonly (readonly EC2TagFilter[])[] | undefined;
  readonly onPremisesInstanceTagFilters?: readonly TagFilter[] | undefined;
  readonly onPremisesTagSet?: readonly (readonly TagFilter[])[] | undefined;
  readonly autoScalingGroups?: readonly string[] | undefined;
  readonly outdatedInstancesStrategy: "UPDATE" | "IGNORE";
  readonly deploymentStyle?: DeploymentStyle | undefined;
  readonly loadBalancerInfo?: LoadBalancerInfo | undefined;
  readonly blueGreenDeploymentConfiguration?: BlueGreenDeploymentConfiguration | undefined;
  readonly triggerConfigurations?: readonly TriggerConfig[] | undefined;
  readonly alarmConfiguration?: AlarmConfiguration | undefined;
  readonly autoRollbackConfiguration?: AutoRollbackConfiguration | undefined;
  readonly ecsServices?: readonly ECSService[] | undefined;
  readonly terminationHookEnabled?: boolean | undefined;
  readonly ec2DeploymentOptions?: Ec2DeploymentOptions | undefined;
}

/** A member that AWS's SDK does not know yet (api.md §10). */
export interface Ec2DeploymentOptions {
  readonly autoScalingGroupProcessesToSuspend?: readonly string[] | undefined;
}

/** A deployment group as it is stored. */
export interface DeploymentGroup {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly settings: GroupSettings;
  /** The revision of the last deployment that succeeded. */
  readonly targetRevision?: RevisionLocation | undefined;
}

interface Row {
  readonly id: string;
  readonly application_id: string;
  readonly name: string;
  readonly settings: string;
  readonly target_revision: string | null;
}

const columns = "id, application_id, name, settings, target_revision";

function fromRow(row: Row): DeploymentGroup {
  const settings = JSON.parse(row.settings) as GroupSettings; // written by `add` and `change`
  const common = { id: row.id, applicationId: row.application_id, name: row.name, settings };
  return row.target_revision === null
    ? common
    : { ...common, targetRevision: JSON.parse(row.target_revision) as RevisionLocation }; // written by `succeeded`
}

/** Deployment groups by application and name, and by id. */
export function deploymentGroups(db: Database) {
  return {
    byName(applicationId: string, name: string): DeploymentGroup | undefined {
      const row = db.get<Row>(
        `SELECT ${columns} FROM deployment_groups WHERE application_id = ? AND name = ?`,
        applicationId,
        name,
      );
      return row && fromRow(row);
    },
    byId(id: string): DeploymentGroup | undefined {
      const row = db.get<Row>(`SELECT ${columns} FROM deployment_groups WHERE id = ?`, id);
      return row && fromRow(row);
    },
    of: (applicationId: string): readonly DeploymentGroup[] =>
      db
        .all<Row>(`SELECT ${columns} FROM deployment_groups WHERE application_id = ? ORDER BY name`, applicationId)
        .map(fromRow),
    /** Names of the groups that list an Auto Scaling group. */
    naming: (scalingGroup: string): readonly string[] =>
      db
        .all<{ name: string }>(
          "SELECT name FROM deployment_groups WHERE EXISTS (SELECT 1 FROM json_each(settings, '$.autoScalingGroups') WHERE value = ?)",
          scalingGroup,
        )
        .map(({ name }) => name),
    /** The name of a group other than this one that has an ECS service, by the last parts of names or ARNs. */
    withEcsService: (service: string, cluster: string, except: string): string | undefined =>
      withEcsService(db, service, cluster, except),
    using: (config: string): number =>
      db.get<{ n: number }>(
        "SELECT count(*) AS n FROM deployment_groups WHERE settings ->> 'deploymentConfigName' = ?",
        config,
      )?.n ?? 0,
    add({ id, applicationId, name, settings }: DeploymentGroup, tags: readonly Tag[]): void {
      db.run(
        "INSERT INTO deployment_groups VALUES (?, ?, ?, ?, NULL, ?)",
        id,
        applicationId,
        name,
        JSON.stringify(settings),
        JSON.stringify(tags),
      );
    },
    change(id: string, name: string, settings: GroupSettings): void {
      db.run("UPDATE deployment_groups SET name = ?, settings = ? WHERE id = ?", name, JSON.stringify(settings), id);
    },
    succeeded(id: string, revision: RevisionLocation): void {
      db.run("UPDATE deployment_groups SET target_revision = ? WHERE id = ?", JSON.stringify(revision), id);
    },
    remove(id: string): void {
      db.run("DELETE FROM deployment_groups WHERE id = ?", id);
      db.run("DELETE FROM host_memories WHERE group_id = ?", id);
      db.run("DELETE FROM scaling_hooks WHERE group_id = ?", id);
      db.run("DELETE FROM lifecycle_actions WHERE group_id = ?", id);
    },
  };
}

function withEcsService(db: Database, service: string, cluster: string, except: string): string | undefined {
  const isNamed = (value: string | undefined, name: string) => value === name || value?.endsWith(`/${name}`);
  return db
    .all<Row>(
      `SELECT ${columns} FROM deployment_groups WHERE id <> ? AND json_array_length(settings, '$.ecsServices') > 0`,
      except,
    )
    .map(fromRow)
    .find(({ settings }) =>
      settings.ecsServices?.some(
        ({ serviceName, clusterName }) => isNamed(serviceName, service) && isNamed(clusterName, cluster),
      ),
    )?.name;
}
