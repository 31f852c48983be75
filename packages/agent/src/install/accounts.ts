import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The number of a user by name, or of a number itself; undefined when there is no such user. */
export function userId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/passwd", database: "passwd" });
}

/** The number of a group by name, or of a number itself; undefined when there is no such group. */
export function groupId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/group", database: "group" });
}

/** The number of a user's own group. */
export function primaryGroupId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/passwd", database: "passwd", field: 3 });
}

interface Database {
  readonly file: string;
  readonly database: string;
  /** The field of a line that is wanted. */
  readonly field?: number;
}

/** The local file first; other sources (a directory service) are asked through the system's own tool, where there is one. */
function lookUp(name: string, { file, database, field = 2 }: Database): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const found = numberIn(readFileSync(file, "utf8"), name, field);
  if (found !== undefined) return found;
  const { status, stdout } = spawnSync("getent", [database, name], { encoding: "utf8" });
  return status === 0 ? numberIn(stdout, name, field) : undefined;
}

function numberIn(lines: string, name: string, field: number): number | undefined {
  const fields = lines
    .split("\n")
    .map((line) => line.split(":"))
    .find(([first]) => first === name);
  return fields?.[field] === undefined ? undefined : Number(fields[field]);
}
