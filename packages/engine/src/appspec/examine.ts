import { parseDocument, type Source } from "./yaml/document.ts";
import { readEcs } from "./service/ecs.ts";
import type { Finding, Findings } from "./findings.ts";
import { readLambda } from "./service/lambda.ts";
import * as messages from "./messages.ts";
import { readServer } from "./parse.ts";
import { notWellFormed } from "./service/service-messages.ts";
import { dump, type MapTree, type Tree } from "./yaml/yaml-tree.ts";

/** What an AppSpec file can be for. */
export type AppSpecKind = "servers" | "Lambda" | "ECS";

/**
 * Returns all findings in an AppSpec file, for any platform. AWS knows the platform from the deployment; here the file
 * itself shows it: for servers it has an os, for Lambda and ECS it has Resources, which have a Type.
 */
export function examineAppSpec(
  source: Source,
  { file }: { file: string },
): { readonly kind: AppSpecKind; readonly findings: readonly Finding[] } {
  let kind: AppSpecKind = "servers";
  const { findings } = parseDocument<unknown>(source, {
    file,
    notWellFormed: looksLikeService(source) ? notWellFormed : messages.badYaml,
    read: (tree, found) => {
      kind = kindOfAppSpec(tree);
      return readers[kind](tree, found);
    },
  });
  return { kind, findings };
}

const readers: Readonly<Record<AppSpecKind, (tree: Tree, findings: Findings) => unknown>> = {
  servers: (tree, findings) => readServer(tree, { os: undefined, findings }),
  Lambda: (tree, findings) => readLambda(tree, findings, { alsoAtRun: true }),
  ECS: readEcs,
};

/** What a file that may not parse is for. */
function looksLikeService(source: Source): boolean {
  const text = typeof source === "string" ? source : new TextDecoder("latin1").decode(source);
  const lines = text.split("\n");
  const has = (key: RegExp) => lines.some((line) => key.test(line));
  return has(/^\s*["']?resources["']?\s*:/i) && !has(/^["']?os["']?\s*:/);
}

function kindOfAppSpec(tree: Tree): AppSpecKind {
  const resources = value(tree, "resources");
  if (resources === undefined || value(tree, "os") !== undefined) return "servers";
  const items = resources.kind === "list" ? resources.items : [resources];
  const first = items.flatMap((item) => (item.kind === "map" ? [...item.entries] : []))[0];
  if (first === undefined) return "Lambda";
  const [name, { value: resource }] = first;
  const type = dump(value(resource, "type"));
  const isEcs = type === "" ? name === "TargetService" : /^AWS::ECS::/i.test(type);
  return isEcs ? "ECS" : "Lambda";
}

function value(tree: Tree, key: string): Tree | undefined {
  return tree.kind === "map" ? entryOf(tree, key)?.value : undefined;
}

function entryOf({ entries }: MapTree, key: string) {
  return [...entries].find(([name]) => name.toLowerCase() === key)?.[1];
}
