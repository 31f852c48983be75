import type { ObjectType, Permission } from "./appspec.ts";
import { readAcls } from "./acls.ts";
import type { Findings } from "./findings.ts";
import { warnOfUnknownKeys } from "./known-keys.ts";
import * as messages from "./messages.ts";
import { readMode } from "./mode.ts";
import { isAbsentSection, isFalse, readText } from "./yaml/scalars.ts";
import { readContext } from "./security-context.ts";
import { dump, kindOf, type MapTree, type Tree } from "./yaml/yaml-tree.ts";

/** The `permissions` section (appspec.md §5). */
export function readPermissions(tree: Tree | undefined, os: string, findings: Findings): readonly Permission[] {
  if (isAbsentSection(tree)) return [];
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

/** The pattern that stands for everything below an object. */
const everything = "**";

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
  const object = readText(tree.entries.get("object")?.value, "the object of a permission", findings);
  if (object === "") findings.error(messages.noObject, tree.place);
  return {
    object: object ?? "",
    pattern: readPattern(tree, findings),
    except: readExcept(tree.entries.get("except")?.value, findings),
    ...readSettings(tree, findings),
  };
}

function readSettings(map: MapTree, findings: Findings): Omit<Permission, "object" | "pattern" | "except"> {
  const value = (key: string): Tree | undefined => map.entries.get(key)?.value;
  const owner = readAccount(value("owner"), "owner", findings);
  const group = readAccount(value("group"), "group", findings);
  const mode = readMode(value("mode"), findings);
  const acls = readAcls(value("acls"), findings);
  const context = readContext(value("context"), findings);
  return {
    type: readTypes(value("type"), findings),
    owner,
    group,
    mode,
    acls,
    context,
  };
}

/** The largest number of a user or a group: the one after it means "leave it as it is" to the system. */
const accountMax = 2 ** 32 - 2;

/** A user or a group, by name or by number. */
function readAccount(tree: Tree | undefined, key: "owner" | "group", findings: Findings): string | undefined {
  const account = readText(tree, `the ${key} of a permission`, findings);
  if (tree === undefined || account === undefined || account === "") return undefined;
  if (/^\d+$/.test(account) && Number(account) > accountMax)
    findings.error(
      messages.badValue(`the ${key} of a permission`, `a name or a number up to ${accountMax}`, account),
      tree.place,
    );
  return account;
}

function readPattern(map: MapTree, findings: Findings): string {
  const tree = map.entries.get("pattern")?.value;
  const pattern = readText(tree, "the pattern of a permission", findings);
  if (tree === undefined || tree.kind === "null" || pattern === undefined) return everything;
  if (pattern === "")
    findings.error(
      messages.badValue("the pattern of a permission", `${everything} or a name in which * stands for any text`, ""),
      tree.place,
      `Remove the pattern, or write "${everything}", for everything below the object`,
    );
  if (pattern !== everything && /[/?[\]]/.test(pattern))
    findings.warn(
      "pattern",
      `The pattern "${pattern}" matches nothing: only the names of direct children count, and only * is special`,
      tree.place,
    );
  return pattern;
}

function readExcept(tree: Tree | undefined, findings: Findings): readonly string[] {
  if (tree === undefined || isFalse(tree)) return [];
  const part = tree.kind === "list" ? "each item of the except of a permission" : "the except of a permission";
  const wanted = tree.kind === "list" ? "text" : "a list of names";
  return (tree.kind === "list" ? tree.items : [tree]).flatMap((item) => {
    if (item.kind === "text") return item.text === "" ? [] : [item.text];
    if (item.kind === "null" && item === tree) return [];
    findings.error(messages.badShape(part, wanted, `${kindOf(item)} ${dump(item)}`.trimEnd()), item.place);
    return [];
  });
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
