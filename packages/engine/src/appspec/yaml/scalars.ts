import type { Findings } from "../findings.ts";
import * as messages from "../messages.ts";
import { dump, kindOf, textOf, type Tree } from "./yaml-tree.ts";

/**
 * The text that a key has, outer blanks removed: "" when it is not given or blank, undefined when something else stands
 * there, which is then found to be wrong. `part` is what a message calls it. Nothing that stands in a file may count as
 * absent because of its form: a script would run as root for a `runas` in brackets.
 */
export function readText(tree: Tree | undefined, part: string, findings: Findings): string | undefined {
  if (tree === undefined || tree.kind === "null") return "";
  if (tree.kind === "text") return textOf(tree);
  findings.error(messages.badShape(part, "text", `${kindOf(tree)} ${dump(tree)}`), tree.place);
  return undefined;
}

/** Whether a part is YAML's "no", which the official agent takes for an absent one where it expects a section. */
export function isFalse(tree: Tree): boolean {
  return tree.kind === "text" && !tree.quoted && /^(false|no|off)$/i.test(tree.text);
}

/** Whether a section is absent: not there, or empty in a way that the official agent passes over. */
export function isAbsentSection(tree: Tree | undefined): tree is undefined {
  return (
    tree === undefined || tree.kind === "null" || isFalse(tree) || (tree.kind === "map" && tree.entries.size === 0)
  );
}
