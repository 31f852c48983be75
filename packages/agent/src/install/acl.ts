import { spawnSync } from "node:child_process";
import { fstatSync } from "node:fs";
import { descriptorPath } from "../files/open-folder.ts";
import { shownPath } from "../files/system-path.ts";

/** The object whose list is set: a descriptor of it, and its path for people. */
export interface AclObject {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * Replaces the access control list of an object; what the entries leave out follows from its mode (agent.md §5.5). The tool
 * is handed the descriptor: a path could have become another one's. (Its --physical passes over such a path without a word.)
 */
export function setAcl({ descriptor, path }: AclObject, entries: readonly string[]): void {
  const { mode } = fstatSync(descriptor);
  const list = [
    ...completed(entries, mode, ""),
    ...(entries.some(isDefault) ? completed(entries, mode, "default:") : []),
  ].join(",");
  const { status, error } = spawnSync("setfacl", ["--set", list, descriptorPath(inherited)], {
    stdio: ["ignore", "ignore", "ignore", descriptor],
  });
  if (status === 0) return;
  throw new Error(
    `The deployment failed because of a problem with the acls permission settings in the application specification file for this object: ${shownPath(path)}. Failed command: setfacl --set ${list} ${shownPath(path)}. Exit code: ${error?.message ?? status}`,
  );
}

/** The number of the object's descriptor in the tool. */
const inherited = 3;

const isDefault = (entry: string): boolean => entry.startsWith("default:");

function completed(entries: readonly string[], mode: number, prefix: "" | "default:"): readonly string[] {
  const own = entries.filter((entry) => isDefault(entry) === (prefix !== ""));
  const letters = (shift: number) =>
    ["r", "w", "x"].map((letter, index) => ((mode >> shift) & (4 >> index) ? letter : "-")).join("");
  const base = [`user::${letters(6)}`, `group::${letters(3)}`, `other::${letters(0)}`].map((entry) => prefix + entry);
  const given = (entry: string) =>
    own.some((one) => one.split(":").slice(0, -1).join(":") === entry.split(":").slice(0, -1).join(":"));
  const isNamed = own.some((entry) => /(user|group):[^:]+:/.test(entry));
  const mask = `${prefix}mask::${letters(3)}`;
  return [...base.filter((entry) => !given(entry)), ...own, ...(isNamed && !given(mask) ? [mask] : [])];
}
