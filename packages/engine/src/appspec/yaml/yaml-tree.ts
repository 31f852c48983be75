import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
  type Scalar,
} from "yaml";
import type { Findings, Place } from "../findings.ts";
import { yamlRemedy } from "./yaml-remedies.ts";

// Scalars keep their raw text, because YAML 1.1 reads 0644 as 420 and 1:30 as 90 (appspec.md §8): each rule reads
// its own value from the text, and knows whether it was quoted.

/** A part of the file, with its place. */
export type Tree = TextTree | ListTree | MapTree | NullTree;
/** A scalar, as it was written. */
export interface TextTree {
  readonly kind: "text";
  readonly text: string;
  readonly quoted: boolean;
  readonly place: Place;
}
/** A sequence. */
export interface ListTree {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly place: Place;
}
/** A mapping; keys as text. */
export interface MapTree {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}
/** Nothing: an empty value, or null. */
export interface NullTree {
  readonly kind: "null";
  readonly place: Place;
}
/** A key's place and its value. */
export interface Entry {
  readonly place: Place;
  readonly value: Tree;
}

/** Parts that one file may have unless its kind has fewer, aliases counted each time: a few lines of aliases can stand for billions. */
export const partsMax = 20_000;

/** What YAML has for each part, at most: a dash, a colon, quotes, a line's end. Whatever has more signs has too many parts. */
const signsPerPart = 4;
const signs = /[\n\r\t\\,:?!&*"'%@`{}[\]|>#-]/g;

/** Errors that are reported: after the first ones, most are echoes. */
const errorsMax = 5;

/** Returns the first document of a YAML text; undefined if it cannot be parsed, with a finding that says why. */
export function readYaml(text: string, findings: Findings, most = partsMax): Tree | undefined {
  // Parsing costs time for each part, and begins with all of them: what has too many is not parsed at all.
  if (countOf(signs, text, signsPerPart * most) > signsPerPart * most) {
    findings.notWellFormed(`it has more than ${most} parts`, { line: 1, column: 1 });
    return undefined;
  }
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };

  try {
    const documents = parseAllDocuments(text, {
      version: "1.1",
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
    });
    const document = documents[0];
    if (document === undefined) return { kind: "null", place: { line: 1, column: 1 } };
    for (const error of document.errors.slice(0, errorsMax)) {
      const at = place(error.pos[0]);
      findings.notWellFormed(plainly(error.message), at, yamlRemedy(text, at));
    }
    if (document.errors.length > 0) return undefined;
    return new TreeBuilder({ findings, place, text, most }).build(document.contents);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.notWellFormed(plainly(error.message), { line: 1, column: 1 });
    return undefined;
  }
}

/** The parser is recursive: a file that nests too deeply ends on the stack's limit, not in a document. */
function plainly(trouble: string): string {
  return trouble.startsWith("Maximum call stack") ? "it nests too deeply" : trouble;
}

/** What may have a name by which it stands elsewhere, too. */
type Node = YAMLMap | YAMLSeq | Scalar;
const isNode = (node: unknown): node is Node => isMap(node) || isSeq(node) || isScalar(node);

class Refused extends Error {}

class TreeBuilder {
  readonly #findings: Findings;
  readonly #place: (offset: number) => Place;
  readonly #text: string;
  readonly #most: number;
  /** What names stand for, as far as the walk has come. */
  readonly #anchors = new Map<string, Node>();
  /** How many names are being replaced by what they stand for: names given within count no more. */
  #copies = 0;
  #parts = 0;

  constructor(about: { findings: Findings; place: (offset: number) => Place; text: string; most: number }) {
    const { findings, place, text, most } = about;
    this.#text = text;
    this.#most = most;
    this.#findings = findings;
    this.#place = place;
  }

  build(contents: unknown): Tree | undefined {
    try {
      return this.#tree(contents, { line: 1, column: 1 });
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  #tree(node: unknown, outer: Place): Tree {
    const place = placeOf(node, outer, this.#place);
    this.#parts += 1;
    if (this.#parts > this.#most) this.#refuse(`it has more than ${this.#most} parts`, place);
    if (isAlias(node)) return this.#copy(node.source, place);
    if (isNode(node) && node.anchor !== undefined && this.#copies === 0) this.#anchors.set(node.anchor, node);
    this.#refuseForeignTag(node, place);
    if (isMap(node)) return this.#map(node.items, place);
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => this.#tree(item, place)), place };
    if (isScalar(node)) return scalar(node, place);
    return { kind: "null", place };
  }

  /** What a name stands for. The parser's own search for it begins at the top of the document each time. */
  #copy(name: string, place: Place): Tree {
    const target = this.#anchors.get(name);
    if (target === undefined) this.#refuse(`Unknown alias: ${name}`, place);
    this.#copies += 1;
    const copy = this.#tree(target, place);
    this.#copies -= 1;
    return copy;
  }

  #map(items: readonly { key: unknown; value: unknown }[], place: Place): MapTree {
    const entries = new Map<string, Entry>();
    const merged: Tree[] = [];
    for (const item of items) {
      const key = this.#tree(item.key, place);
      const value = this.#tree(item.value, key.place);
      const name = dump(key);
      if (name === "<<" && key.kind === "text" && !key.quoted) {
        merged.push(value);
        continue;
      }
      if (entries.has(name))
        this.#findings.warn("duplicate-key", `The key "${name}" stands here twice; the last one counts`, key.place);
      entries.set(name, { place: key.place, value });
    }
    for (const source of merged) mergeInto(entries, source);
    return { kind: "map", entries, place };
  }

  #refuseForeignTag(node: unknown, place: Place): void {
    const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined;
    if (tag !== undefined && !tag.startsWith("tag:yaml.org,2002:"))
      this.#refuse(`the tag ${tag} is not allowed`, place);
  }

  #refuse(trouble: string, place: Place): never {
    this.#findings.notWellFormed(trouble, place, yamlRemedy(this.#text, place));
    throw new Refused(trouble);
  }
}

/** How often something stands in a text; counting ends above `most`. */
function countOf(wanted: RegExp, text: string, most: number): number {
  let count = 0;
  for (const _ of text.matchAll(wanted)) if (++count > most) break;
  return count;
}

function placeOf(node: unknown, outer: Place, place: (offset: number) => Place): Place {
  const range = isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : undefined;
  return range == null ? outer : place(range[0]);
}

function scalar(node: { value: unknown; source?: string; type?: string }, place: Place): Tree {
  const text = node.source ?? "";
  const quoted = node.type !== undefined && node.type !== "PLAIN";
  return !quoted && /^(|~|null|Null|NULL)$/.test(text)
    ? { kind: "null", place }
    : { kind: "text", text, quoted, place };
}

function mergeInto(entries: Map<string, Entry>, source: Tree): void {
  for (const map of source.kind === "list" ? source.items : [source]) {
    if (map.kind !== "map") continue;
    for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
  }
}

/** A part as the official agent's messages show it: Ruby's way of writing lists and maps. */
export function dump(tree: Tree | undefined): string {
  return tree === undefined || tree.kind === "null" ? "" : tree.kind === "text" ? tree.text : inspect(tree);
}

function inspect(tree: Tree): string {
  switch (tree.kind) {
    case "null":
      return "nil";
    case "text":
      return !tree.quoted && /^-?\d+(\.\d+)?$/.test(tree.text) ? tree.text : JSON.stringify(tree.text);
    case "list":
      return `[${tree.items.map(inspect).join(", ")}]`;
    case "map":
      return `{${[...tree.entries].map(([name, { value }]) => `${JSON.stringify(name)}=>${inspect(value)}`).join(", ")}}`;
  }
}

/** What a part is, in words for a message. */
export function kindOf(tree: Tree): string {
  return { text: "text", list: "a list", map: "a mapping", null: "nothing" }[tree.kind];
}

/** The text of a part, outer blanks removed; "" for nothing. */
export function textOf(tree: Tree | undefined): string {
  return tree?.kind === "text" ? tree.text.trim() : "";
}
