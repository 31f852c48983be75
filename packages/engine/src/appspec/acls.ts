import type { Findings } from "./findings.ts";
import * as messages from "./messages.ts";
import { dump, type Tree } from "./yaml/yaml-tree.ts";

/** Access control entries, normalized to `default:user:bob:rwx` (appspec.md §5.2). */
export function readAcls(tree: Tree | undefined, findings: Findings): readonly string[] | undefined {
  if (tree === undefined || tree.kind === "null") return undefined;
  if (tree.kind === "map") {
    findings.error(messages.badAcl(dump(tree)), tree.place, "Write a list of entries such as u:bob:rw");
    return undefined;
  }
  const entries = (tree.kind === "list" ? tree.items : [tree]).map((item) => readEntry(item, findings));
  return entries.filter((entry) => entry !== undefined);
}

const types: Readonly<Record<string, string>> = {
  "": "user",
  u: "user",
  user: "user",
  g: "group",
  group: "group",
  m: "mask",
  mask: "mask",
  o: "other",
  other: "other",
};

function readEntry(tree: Tree, findings: Findings): string | undefined {
  const entry = dump(tree);
  if (tree.kind !== "text") return refuse(messages.badAcl(entry), tree, findings);
  const parts = entry.split(":");
  const isDefault = parts[0] === "d" || parts[0] === "default";
  const [first = "", second = "", third] = isDefault ? parts.slice(1) : parts;
  const length = parts.length - (isDefault ? 1 : 0);
  if (length < 2 || length > 3) return refuse(messages.badAcl(entry), tree, findings);

  // Two parts are a type or a user's name, and the permission; three are the type, the name and the permission.
  const short = third === undefined;
  const type = types[first] ?? (short ? "user" : undefined);
  const name = short ? (types[first] === undefined ? first : "") : second;
  if (type === undefined || (name !== "" && (type === "mask" || type === "other")))
    return refuse(messages.badAcl(entry), tree, findings);
  if (name === "" && type !== "mask" && !isDefault) return refuse(messages.baseAcl(entry), tree, findings);

  const letters = third ?? second;
  const stranger = /^[0-7]$/.test(letters) ? undefined : letters.split("").find((letter) => !"rwx-".includes(letter));
  if (stranger !== undefined) return refuse(messages.badAclCharacter(entry, stranger), tree, findings);
  return `${isDefault ? "default:" : ""}${type}:${name}:${permission(letters)}`;
}

function permission(letters: string): string {
  const bits = /^[0-7]$/.test(letters) ? Number(letters) : undefined;
  return ["r", "w", "x"]
    .map((letter, index) =>
      (bits === undefined ? letters.includes(letter) : (bits & (4 >> index)) !== 0) ? letter : "-",
    )
    .join("");
}

function refuse(problem: Parameters<Findings["error"]>[0], tree: Tree, findings: Findings): undefined {
  findings.error(problem, tree.place);
  return undefined;
}
