import type { Findings } from "./findings.ts";
import type { MapTree } from "./yaml/yaml-tree.ts";

/** Keys people write that the agent has always ignored in silence, and what that means for them. */
const misread: Readonly<Record<string, string>> = {
  run_as: 'it is spelled "runas"; as written, the script runs as the agent\'s user, normally root',
  runAs: 'it is spelled "runas"; as written, the script runs as the agent\'s user, normally root',
  user: 'the user of a script is named by "runas"; as written, the script runs as the agent\'s user, normally root',
};

/** Warns of every unknown key of a map. */
export function warnOfUnknownKeys(map: MapTree, known: readonly string[], findings: Findings): void {
  for (const [key, { place }] of map.entries) {
    if (known.includes(key)) continue;
    findings.warn("unknown-key", `The key "${key}" is ignored${reason(key, known)}`, place);
  }
}

function reason(key: string, known: readonly string[]): string {
  if (known.includes("runas") && misread[key] !== undefined) return `: ${misread[key]}`;
  if (key === "file_exists_behavior") return ": it stands once, at the top of the file";
  const meant = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return meant === undefined ? ` here; known are ${known.join(", ")}` : `: it is spelled "${meant}"`;
}
