import type { Tag } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";

/** An application as it is stored. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly computePlatform: "Server" | "Lambda" | "ECS";
  readonly createTime: number;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly compute_platform: Application["computePlatform"];
  readonly create_time: number;
}

const selected = `SELECT applications.id, coalesce(deleted_applications.name, applications.name) AS name, compute_platform, create_time
FROM applications LEFT JOIN deleted_applications ON deleted_applications.id = applications.id`;
const isThere = "NOT EXISTS (SELECT 1 FROM deleted_applications WHERE deleted_applications.id = applications.id)";
const fromRow = (row: Row): Application => ({
  id: row.id,
  name: row.name,
  computePlatform: row.compute_platform,
  createTime: row.create_time,
});

/**
 * Applications by name and by id. Deleting one also deletes its groups, revisions and deployments, and calls
 * `forgetDeployments`. Deployments in progress are wound down and remain, to show their end: for them the application
 * is kept, and found by its id only.
 */
export function applications(db: Database, forgetDeployments: () => void) {
  return {
    byName(name: string): Application | undefined {
      const row = db.get<Row>(`${selected} WHERE applications.name = ? AND ${isThere}`, name);
      return row && fromRow(row);
    },
    byId(id: string): Application | undefined {
      const row = db.get<Row>(`${selected} WHERE applications.id = ?`, id);
      return row && fromRow(row);
    },
    isDeleted: (id: string): boolean => db.get("SELECT 1 FROM deleted_applications WHERE id = ?", id) !== undefined,
    names: (): readonly string[] =>
      db.all<{ name: string }>(`SELECT name FROM applications WHERE ${isThere} ORDER BY name`).map(({ name }) => name),
    count: (): number => db.get<{ n: number }>(`SELECT count(*) AS n FROM applications WHERE ${isThere}`)?.n ?? 0,
    add({ id, name, computePlatform, createTime }: Application, tags: readonly Tag[]): void {
      db.run(
        "INSERT INTO applications VALUES (?, ?, ?, ?, ?)",
        id,
        name,
        computePlatform,
        createTime,
        JSON.stringify(tags),
      );
    },
    rename: (id: string, name: string): number => db.run("UPDATE applications SET name = ? WHERE id = ?", name, id),
    remove(id: string): void {
      forgetDeployments();
      if (db.get("SELECT 1 FROM deployments WHERE application_id = ? AND is_over = 0", id) === undefined) {
        db.run("DELETE FROM applications WHERE id = ?", id);
        return;
      }
      db.run("DELETE FROM deployments WHERE application_id = ? AND is_over = 1", id);
      db.run("DELETE FROM revisions WHERE application_id = ?", id);
      db.run("DELETE FROM deployment_groups WHERE application_id = ?", id);
      db.run("INSERT INTO deleted_applications SELECT id, name FROM applications WHERE id = ?", id);
      // A name that is not valid: another application may take the former name.
      db.run("UPDATE applications SET name = '/' || id WHERE id = ?", id);
    },
  };
}
