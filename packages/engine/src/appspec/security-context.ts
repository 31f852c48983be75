import type { SecurityContext } from "./appspec.ts";
import type { Findings } from "./findings.ts";
import * as messages from "./messages.ts";
import { readText } from "./yaml/scalars.ts";
import { dump, type MapTree, type Tree } from "./yaml/yaml-tree.ts";

/** An SELinux context (appspec.md §5.3); the guide's `user` means the same as `name`. */
export function readContext(tree: Tree | undefined, findings: Findings): SecurityContext | undefined {
  if (tree === undefined || tree.kind === "null") return undefined;
  const type = tree.kind === "map" ? text(tree, "type", findings) : "";
  if (tree.kind !== "map" || type === "") {
    findings.error(messages.badContext(dump(tree)), tree.place, "A context needs a type");
    return undefined;
  }
  const [name, other] = [text(tree, "name", findings), text(tree, "user", findings)];
  if (type === undefined || name === undefined || other === undefined) return undefined;
  const user = name || other;
  const range = readRange(tree.entries.get("range")?.value, findings);
  return { type, user: user === "" ? undefined : user, range };
}

const text = (map: MapTree, key: string, findings: Findings) =>
  readText(map.entries.get(key)?.value, `the ${key} of a context`, findings);

function readRange(tree: Tree | undefined, findings: Findings): string | undefined {
  if (tree === undefined || tree.kind === "null" || dump(tree) === "") return undefined;
  const text = dump(tree).trim();
  const result = normalizeRange(text);
  if ("trouble" in result) {
    findings.error(messages.badRange(text), tree.place, result.trouble);
    return undefined;
  }
  return result.range;
}

type Result = { readonly range: string } | { readonly trouble: string };

function normalizeRange(text: string): Result {
  const [levels = "", categories, ...more] = text.split(":");
  if (more.length > 0 || categories === "") return { trouble: `invalid range part ${text}` };
  const sensitivities = levels.split("-");
  const stranger = sensitivities.find((level) => !/^s\d+$/.test(level));
  if (stranger !== undefined) return { trouble: `invalid sensitivity ${stranger}` };
  if (sensitivities.length > 2) return { trouble: `invalid range part ${levels}` };
  const [low = "s0", high = low] = sensitivities;
  if (Number(high.slice(1)) < Number(low.slice(1))) return { trouble: "the high sensitivity is below the low one" };
  if (categories === undefined) return { range: levels };
  const normalized = normalizeCategories(categories);
  return "trouble" in normalized ? normalized : { range: `${levels}:${normalized.range}` };
}

/** SELinux knows the categories c0 to c1023. */
const categoryMax = 1023;

function normalizeCategories(text: string): Result {
  const spans: { first: number; last: number; text: string }[] = [];
  for (const part of text.split(",")) {
    const match = /^c(\d+)(?:\.c(\d+))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    if (match === null || first > categoryMax || last > categoryMax) return { trouble: `invalid category ${part}` };
    if (last < first) return { trouble: `invalid category range ${part}` };
    spans.push({ first, last, text: part });
  }
  spans.sort((a, b) => a.first - b.first);
  const overlaps = spans.some((span, index) => index > 0 && span.first <= (spans[index - 1]?.last ?? -1));
  return overlaps ? { trouble: "duplicate categories" } : { range: spans.map((span) => span.text).join(",") };
}
