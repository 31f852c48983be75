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

const columns = "id, name, compute_platform, create_time";
const fromRow = (row: Row): Application => ({
  id: row.id,
  name: row.name,
  computePlatform: row.compute_platform,
  createTime: row.create_time,
});

/** Applications by name and by id. Deleting one takes its groups, revisions and deployments along, which is told. */
export function applications(db: Database, deploymentsHaveGone: () => void) {
  return {
    byName(name: string): Application | undefined {
      const row = db.get<Row>(`SELECT ${columns} FROM applications WHERE name = ?`, name);
      return row && fromRow(row);
    },
    byId(id: string): Application | undefined {
      const row = db.get<Row>(`SELECT ${columns} FROM applications WHERE id = ?`, id);
      return row && fromRow(row);
    },
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM applications ORDER BY name").map(({ name }) => name),
    count: (): number => db.get<{ n: number }>("SELECT count(*) AS n FROM applications")?.n ?? 0,
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
    remove(id: string): number {
      deploymentsHaveGone();
      return db.run("DELETE FROM applications WHERE id = ?", id);
    },
  };
}
