import { spawnSync } from "node:child_process";
import { fstatSync } from "node:fs";
import { descriptorPath } from "../files/open-folder.ts";
import { shownPath } from "../files/system-path.ts";

/** The file or folder whose ACL is set: its descriptor, and its path for messages. */
export interface AclObject {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * Replaces an object's ACL; base entries that `entries` lack are made from its mode (agent.md §5.5). setfacl inherits the
 * descriptor, because by now the path could lead to another file. (With --physical it would silently skip a link.)
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

/** The number of the object's descriptor in setfacl. */
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
