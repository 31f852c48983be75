import type { AppSpec, FileExistsBehavior, OperatingSystem } from "./appspec.ts";
import { parseDocument, type ParsedAs, type Source } from "./yaml/document.ts";
import { readFiles } from "./files.ts";
import type { Findings } from "./findings.ts";
import { readHooks } from "./hooks.ts";
import { warnOfUnknownKeys } from "./known-keys.ts";
import * as messages from "./messages.ts";
import { readPermissions } from "./permissions.ts";
import { isFalse } from "./yaml/scalars.ts";
import { dump, kindOf, type MapTree, textOf, type Tree } from "./yaml/yaml-tree.ts";

/** What a file was found to be. */
export type Parsed = ParsedAs<AppSpec>;

/**
 * Reads the AppSpec file of a server's revision (appspec.md §1 to §5). Never throws: all problems are findings,
 * in the order in which the official agent looks, so that the first error's message starts with its sentence.
 * `os` is that of the host; without it, either is right. `file` is the name that messages show.
 */
export function parseAppSpec(source: Source, { file, os }: { file: string; os?: OperatingSystem | undefined }): Parsed {
  return parseDocument(source, {
    file,
    notWellFormed: messages.badYaml,
    read: (tree, findings) => readServer(tree, { os, findings }),
  });
}

/** The AppSpec of a server's revision. */
export function readServer(
  tree: Tree,
  { os, findings }: { os: OperatingSystem | undefined; findings: Findings },
): AppSpec | undefined {
  if (tree.kind === "null" || isFalse(tree)) {
    findings.error(messages.empty, tree.place);
    return undefined;
  }
  if (tree.kind !== "map") {
    const remedy = /^\w+:\S/.test(textOf(tree)) ? "Put a space after the colon" : undefined;
    findings.error(
      messages.badShape("the whole", "a mapping with the keys version and os", kindOf(tree)),
      tree.place,
      remedy,
    );
    return undefined;
  }
  const version = readVersion(tree, findings);
  const system = readOs(tree, { os, findings });
  const hooks = readHooks(tree.entries.get("hooks")?.value, findings);
  const files = readFiles(tree.entries.get("files")?.value, system, findings);
  const permissions = readPermissions(tree.entries.get("permissions")?.value, system, findings);
  const fileExistsBehavior = readFileExistsBehavior(tree, findings);
  warnOfUnknownKeys(tree, ["version", "os", "hooks", "files", "permissions", "file_exists_behavior"], findings);
  return {
    version,
    os: system,
    files,
    permissions,
    hooks,
    fileExistsBehavior,
  };
}

function readVersion(map: MapTree, findings: Findings): string {
  const tree = map.entries.get("version")?.value;
  const text = dump(tree);
  const isZero = /^[-+]?(\d+(\.\d*)?|\.\d+)$/.test(text) && Number(text) === 0;
  if (tree?.kind === "text" && isZero && !tree.quoted) return text;
  const remedy = isZero ? "Remove the quotes: the version is a number" : spelling(map, "version");
  findings.error(messages.badVersion(text), tree?.place ?? map.place, remedy);
  return text;
}

function readOs(
  map: MapTree,
  { os, findings }: { os: OperatingSystem | undefined; findings: Findings },
): OperatingSystem {
  const tree = map.entries.get("os")?.value;
  const text = dump(tree);
  if ((text === "linux" || text === "windows") && (os === undefined || os === text)) return text;
  const forFunctions = ["Resources", "resources"].some((key) => map.entries.has(key));
  const remedy = forFunctions
    ? "This is an AppSpec file for Lambda or ECS, and the deployment is to servers"
    : (osRemedy(text, os) ?? spelling(map, "os"));
  findings.error(messages.badOs(text), tree?.place ?? map.place, remedy);
  return text === "windows" ? "windows" : "linux";
}

function osRemedy(text: string, os: OperatingSystem | undefined): string | undefined {
  if (text === "linux" || text === "windows") return `This host runs ${os ?? "another system"}`;
  return text.toLowerCase() === "linux" || text.toLowerCase() === "windows"
    ? `Write "${text.toLowerCase()}"`
    : undefined;
}

function spelling(map: MapTree, key: string): string | undefined {
  const misspelt = [...map.entries.keys()].find((name) => name !== key && name.toLowerCase() === key);
  return misspelt === undefined ? undefined : `Keys are lower case: write "${key}" for "${misspelt}"`;
}

const behaviors = ["DISALLOW", "OVERWRITE", "RETAIN"] as const satisfies readonly FileExistsBehavior[];

function readFileExistsBehavior(map: MapTree, findings: Findings): FileExistsBehavior | undefined {
  const tree = map.entries.get("file_exists_behavior")?.value;
  if (tree === undefined || tree.kind === "null") return undefined;
  const behavior = behaviors.find((name) => name === dump(tree));
  if (behavior === undefined) findings.error(messages.badFileExistsBehavior(dump(tree)), tree.place);
  return behavior;
}
