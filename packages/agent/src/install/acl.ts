import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

/** Replaces the access control list of an object; what the entries leave out follows from its mode (agent.md §5.5). */
export function setAcl(path: string, entries: readonly string[]): void {
  const list = [
    ...completed(entries, statSync(path).mode, ""),
    ...(entries.some(isDefault) ? completed(entries, statSync(path).mode, "default:") : []),
  ];
  const command = ["setfacl", "--set", list.join(","), path] as const;
  const { status, error } = spawnSync(command[0], command.slice(1));
  if (status === 0) return;
  throw new Error(
    `The deployment failed because of a problem with the acls permission settings in the application specification file for this object: ${path}. Failed command: ${command.join(" ")}. Exit code: ${error?.message ?? status}`,
  );
}

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
