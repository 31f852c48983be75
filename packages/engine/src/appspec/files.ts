import type { FileMapping } from "./appspec.ts";
import type { Findings } from "./findings.ts";
import { warnOfUnknownKeys } from "./known-keys.ts";
import * as messages from "./messages.ts";
import { isAbsolute, leaves } from "./paths.ts";
import { isAbsentSection, readText } from "./yaml/scalars.ts";
import { kindOf, type Tree } from "./yaml/yaml-tree.ts";

/** The `files` section (appspec.md §4, F1 to F16). */
export function readFiles(tree: Tree | undefined, os: string, findings: Findings): readonly FileMapping[] {
  if (isAbsentSection(tree)) return [];
  if (tree.kind !== "list") {
    findings.error(
      messages.badShape("the files section", "a list of entries with source and destination", kindOf(tree)),
      tree.place,
      'Start each entry with "- source:"',
    );
    return [];
  }
  return tree.items.map((item, index) => readFile(item, { next: tree.items[index + 1], os, findings }));
}

function readFile(
  tree: Tree,
  { next, os, findings }: { next: Tree | undefined; os: string; findings: Findings },
): FileMapping {
  if (tree.kind !== "map") {
    findings.error(messages.noSource, tree.place, 'Write "- source: PATH" and below it "destination: PATH"');
    return { source: "", destination: "" };
  }
  warnOfUnknownKeys(tree, ["source", "destination"], findings);
  const text = (key: string) =>
    readText(tree.entries.get(key)?.value, `the ${key} of an entry of the files section`, findings);
  const source = text("source");
  const destination = text("destination");
  if (source === undefined || destination === undefined) return { source: "", destination: "" };
  if (source === "") findings.error(messages.noSource, tree.place);
  else if (destination === "") findings.error(messages.noDestination(source), tree.place, splitRemedy(next));
  else if (leaves(source)) findings.error(messages.leavesRevision("source", source), tree.place);
  else if (!isAbsolute(destination, os))
    findings.error(messages.notAbsolute(destination), tree.place, "Write the whole path, from the root folder on");
  return { source, destination };
}

function splitRemedy(next: Tree | undefined): string | undefined {
  const split = next?.kind === "map" && next.entries.has("destination") && !next.entries.has("source");
  return split ? 'Remove the dash in front of "destination": it starts an entry of its own' : undefined;
}
