import type { MinimumHealthyHosts } from "@sluice/engine";
import type { Database } from "./database.ts";

/** A custom deployment configuration for servers. */
export interface DeploymentConfig {
  readonly id: string;
  readonly name: string;
  readonly minimumHealthyHosts: MinimumHealthyHosts;
  readonly createTime: number;
}

interface Row {
  readonly name: string;
  readonly id: string;
  readonly minimum_healthy_hosts: string;
  readonly create_time: number;
}

const fromRow = (row: Row): DeploymentConfig => ({
  id: row.id,
  name: row.name,
  minimumHealthyHosts: JSON.parse(row.minimum_healthy_hosts) as MinimumHealthyHosts, // written by `add`
  createTime: row.create_time,
});

/** Custom configurations; the predefined ones are a table in `operations`. */
export function deploymentConfigs(db: Database) {
  return {
    byName(name: string): DeploymentConfig | undefined {
      const row = db.get<Row>("SELECT * FROM deployment_configs WHERE name = ?", name);
      return row && fromRow(row);
    },
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM deployment_configs ORDER BY name").map(({ name }) => name),
    add({ name, id, minimumHealthyHosts, createTime }: DeploymentConfig): void {
      db.run(
        "INSERT INTO deployment_configs VALUES (?, ?, ?, ?)",
        name,
        id,
        JSON.stringify(minimumHealthyHosts),
        createTime,
      );
    },
    remove: (name: string): number => db.run("DELETE FROM deployment_configs WHERE name = ?", name),
  };
}
