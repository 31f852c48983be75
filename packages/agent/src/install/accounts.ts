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

/** The local file first; other sources (a directory service) are asked through the system's own tool, where there is one. */
function lookUp(name: string, { file, database }: { file: string; database: string }): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const found = numberIn(readFileSync(file, "utf8"), name);
  if (found !== undefined) return found;
  const { status, stdout } = spawnSync("getent", [database, name], { encoding: "utf8" });
  return status === 0 ? numberIn(stdout, name) : undefined;
}

function numberIn(lines: string, name: string): number | undefined {
  const fields = lines
    .split("\n")
    .map((line) => line.split(":"))
    .find(([first]) => first === name);
  return fields?.[2] === undefined ? undefined : Number(fields[2]);
}
