import type { TrafficRoutingConfig, ZonalConfig } from "@aws-sdk/client-codedeploy";
import type { MinimumHealthyHosts } from "@sluice/engine";
import type { Database } from "./database.ts";

/** The settings of a configuration: for servers how many hosts stay healthy, for the others how traffic moves. */
export interface ConfigSettings {
  readonly computePlatform: "Server" | "Lambda" | "ECS";
  readonly minimumHealthyHosts?: MinimumHealthyHosts | undefined;
  readonly trafficRoutingConfig?: TrafficRoutingConfig | undefined;
  readonly zonalConfig?: ZonalConfig | undefined;
}

/** A deployment configuration; predefined ones have no time of creation. */
export interface DeploymentConfig extends ConfigSettings {
  readonly id: string;
  readonly name: string;
  readonly createTime?: number | undefined;
}

interface Row {
  readonly name: string;
  readonly id: string;
  readonly settings: string;
  readonly create_time: number;
}

const fromRow = (row: Row): DeploymentConfig => ({
  id: row.id,
  name: row.name,
  createTime: row.create_time,
  ...(JSON.parse(row.settings) as ConfigSettings), // written by `add`
});

/** Custom deployment configurations. */
export function deploymentConfigs(db: Database) {
  return {
    byName(name: string): DeploymentConfig | undefined {
      const row = db.get<Row>("SELECT name, id, settings, create_time FROM deployment_configs WHERE name = ?", name);
      return row && fromRow(row);
    },
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM deployment_configs ORDER BY name").map(({ name }) => name),
    customCount: (): number => db.get<{ n: number }>("SELECT count(*) AS n FROM deployment_configs")?.n ?? 0,
    add({ name, id, createTime, ...settings }: DeploymentConfig & { readonly createTime: number }): void {
      db.run(
        "INSERT INTO deployment_configs VALUES (?, ?, ?, ?, '[]')",
        name,
        id,
        JSON.stringify(settings),
        createTime,
      );
    },
    remove: (name: string): number => db.run("DELETE FROM deployment_configs WHERE name = ?", name),
  };
}
