import type { Database } from "./database.ts";
import { type ConfigSettings, predefinedConfigs } from "./predefined-configs.ts";

/** A deployment configuration; predefined ones have no time of creation. */
export interface DeploymentConfig extends ConfigSettings {
  readonly id: string;
  readonly name: string;
  readonly createTime?: number;
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

/** Deployment configurations: the predefined ones, which are a table, and custom ones. */
export function deploymentConfigs(db: Database) {
  return {
    isPredefined: (name: string): boolean => predefinedConfigs.has(name),
    byName(name: string): DeploymentConfig | undefined {
      const predefined = predefinedConfigs.get(name);
      if (predefined !== undefined) return { name, ...predefined };
      const row = db.get<Row>("SELECT name, id, settings, create_time FROM deployment_configs WHERE name = ?", name);
      return row && fromRow(row);
    },
    names: (): readonly string[] => [
      ...predefinedConfigs.keys(),
      ...db.all<{ name: string }>("SELECT name FROM deployment_configs ORDER BY name").map(({ name }) => name),
    ],
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
