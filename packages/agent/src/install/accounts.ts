import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Returns the id of a user by name, or a number as it is; undefined when there is no such user. */
export function userId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/passwd", database: "passwd" });
}

/** Returns the id of a group by name, or a number as it is; undefined when there is no such group. */
export function groupId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/group", database: "group" });
}

/** Returns the id of a user's primary group; undefined when there is no such user. */
export function primaryGroupId(name: string): number | undefined {
  return lookUp(name, { file: "/etc/passwd", database: "passwd", field: 3 });
}

/** Returns which of a user and a group this process may not make the owner of a file of its own, the user first; undefined when it may do both. */
export function mayGiveTo({
  user,
  group,
}: {
  readonly user: number | undefined;
  readonly group: number | undefined;
}): "user" | "group" | undefined {
  const isFree = canChangeOwners();
  const isMapped = (id: number, map: string) => !isFree || inMap(readFileSync(`/proc/self/${map}`, "utf8"), id);
  if (user !== undefined && !(isFree || user === process.getuid?.())) return "user";
  if (user !== undefined && !isMapped(user, "uid_map")) return "user";
  const groups = [process.getgid?.(), ...(process.getgroups?.() ?? [])];
  if (group !== undefined && !(isFree || groups.includes(group))) return "group";
  return group !== undefined && !isMapped(group, "gid_map") ? "group" : undefined;
}

/** Whether this process has CAP_CHOWN, as root usually has. */
function canChangeOwners(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & 1n) === 1n;
}

/** Whether a user namespace maps an id. Each line of its map has the first id inside, the first one outside, and their number. */
function inMap(map: string, id: number): boolean {
  return map
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first = 0, , count = 0]) => id >= first && id < first + count);
}

/** The largest id: for chown the next number means "unchanged". */
const idMax = 2 ** 32 - 2;

interface Database {
  readonly file: string;
  readonly database: string;
  /** The field of a line that has the id. */
  readonly field?: number | undefined;
}

/** Looks a name up in the local file, and then by getent, where there is one, in other sources such as a directory service. */
function lookUp(name: string, { file, database, field = 2 }: Database): number | undefined {
  if (/^\d+$/.test(name)) return Number(name) <= idMax ? Number(name) : undefined;
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
