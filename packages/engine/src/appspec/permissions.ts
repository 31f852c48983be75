import type { ObjectType, Permission } from "./appspec.ts";
import { readAcls } from "./acls.ts";
import type { Findings } from "./findings.ts";
import { warnOfUnknownKeys } from "./known-keys.ts";
import * as messages from "./messages.ts";
import { readMode } from "./mode.ts";
import { readContext } from "./security-context.ts";
import { dump, kindOf, type MapTree, textOf, type Tree } from "./yaml-tree.ts";

/** The `permissions` section (appspec.md §5). */
export function readPermissions(tree: Tree | undefined, os: string, findings: Findings): readonly Permission[] {
  if (tree === undefined || tree.kind === "null") return [];
  if (tree.kind !== "list") {
    findings.error(
      messages.badShape("the permissions section", "a list of entries with an object", kindOf(tree)),
      tree.place,
      'Start each entry with "- object:"',
    );
    return [];
  }
  if (os === "windows" && tree.items.length > 0) findings.error(messages.permissionsOnWindows, tree.place);
  return tree.items.map((item) => readPermission(item, findings)).filter((permission) => permission !== undefined);
}

const keys = ["object", "pattern", "except", "type", "owner", "group", "mode", "acls", "context"];

function readPermission(tree: Tree, findings: Findings): Permission | undefined {
  if (tree.kind !== "map") {
    findings.error(
      messages.badShape("each entry of the permissions section", "a mapping with an object", kindOf(tree)),
      tree.place,
    );
    return undefined;
  }
  warnOfUnknownKeys(tree, keys, findings);
  const object = textOf(tree.entries.get("object")?.value);
  if (object === "") findings.error(messages.noObject, tree.place);
  return {
    object,
    pattern: readPattern(tree, findings),
    except: readList(tree.entries.get("except")?.value),
    ...readSettings(tree, findings),
  };
}

function readSettings(map: MapTree, findings: Findings): Omit<Permission, "object" | "pattern" | "except"> {
  const value = (key: string): Tree | undefined => map.entries.get(key)?.value;
  const owner = textOf(value("owner"));
  const group = textOf(value("group"));
  const mode = readMode(value("mode"), findings);
  const acls = readAcls(value("acls"), findings);
  const context = readContext(value("context"), findings);
  return {
    type: readTypes(value("type"), findings),
    ...(owner === "" ? {} : { owner }),
    ...(group === "" ? {} : { group }),
    ...(mode === undefined ? {} : { mode }),
    ...(acls === undefined ? {} : { acls }),
    ...(context === undefined ? {} : { context }),
  };
}

function readPattern(map: MapTree, findings: Findings): string {
  const tree = map.entries.get("pattern")?.value;
  const pattern = textOf(tree);
  if (tree === undefined || pattern === "") return "**";
  if (pattern !== "**" && /[/?[\]]/.test(pattern))
    findings.warn(
      "pattern",
      `The pattern "${pattern}" matches nothing: only the names of direct children count, and only * is special`,
      tree.place,
    );
  return pattern;
}

function readList(tree: Tree | undefined): readonly string[] {
  if (tree === undefined || tree.kind === "null" || dump(tree) === "") return [];
  return tree.kind === "list" ? tree.items.map((item) => dump(item)) : [dump(tree)];
}

function readTypes(tree: Tree | undefined, findings: Findings): readonly ObjectType[] {
  if (tree === undefined || tree.kind === "null") return ["file", "directory"];
  const items = tree.kind === "list" ? tree.items : [tree];
  if (items.length === 0)
    findings.warn("type", "An empty list of types: this permission applies to nothing", tree.place);
  return items.flatMap((item) => {
    const type = dump(item);
    if (type === "file" || type === "directory") return [type];
    findings.error(messages.badObjectType(type), item.place);
    return [];
  });
}
