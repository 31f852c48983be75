import type { Findings, Place } from "../findings.ts";
import * as messages from "../messages.ts";
import { invalid, type ServiceKind } from "./service-messages.ts";
import { dump, type Entry, kindOf, type MapTree, textOf, type Tree } from "../yaml/yaml-tree.ts";

// What AppSpec files for Lambda and for ECS have in common: a version, one resource, hooks that name functions
// (appspec.md §6 and §7). Keys count in any case: the guide writes them in two ways.

/** What differs between the platforms. */
export interface Service<Event extends string> {
  readonly kind: ServiceKind;
  /** What a resource's Type must say. */
  readonly type: string;
  /** What a resource is, in a word. */
  readonly resource: string;
  /** The lifecycle events at which a function may be called. */
  readonly hookEvents: readonly Event[];
  /** Files of real projects say `version: 1`, and AWS is not known to complain (inferred): a warning. */
  readonly acceptsVersionOne?: boolean | undefined;
}

/** A file's content, as far as the platforms share it. */
export interface ServiceFile<Event extends string> {
  readonly name: string;
  readonly properties: MapTree;
  /** Functions by lifecycle event, by name or ARN. */
  readonly hooks: Readonly<Partial<Record<Event, string>>>;
}

/** Reads what the platforms share; undefined when there is no resource. */
export function readServiceFile<Event extends string>(
  tree: Tree,
  service: Service<Event>,
  findings: Findings,
): ServiceFile<Event> | undefined {
  const parts = new Parts(service.kind, findings);
  if (tree.kind === "null") {
    parts.refuse("L9", "it is empty", tree.place);
    return undefined;
  }
  const map = parts.map(tree, "the whole");
  if (map === undefined) return undefined;
  const keys = parts.keys(map, ["version", "Resources", "Hooks"]);
  readVersion(keys, service, findings);
  const resource = readResource(keys.need("Resources"), service, parts);
  const hooks = readHooks(keys.get("Hooks")?.value, service, parts);
  return resource === undefined ? undefined : { ...resource, hooks };
}

/** `0.0`, as a number or as text. */
function readVersion(
  keys: Keys,
  { acceptsVersionOne = false }: Pick<Service<string>, "acceptsVersionOne">,
  findings: Findings,
): void {
  const entry = keys.need("version");
  if (entry === undefined) return;
  const found = dump(entry.value);
  if (acceptsVersionOne && /^1(\.0*)?$/.test(found))
    findings.warn("version", `The version is ${found}, and AWS's guide knows 0.0 only: write that`, entry.value.place);
  else if (!/^[-+]?(\d+(\.\d*)?|\.\d+)$/.test(found) || Number(found) !== 0)
    findings.error(messages.badVersion(found), entry.value.place);
}

/** The one resource. */
function readResource(
  entry: Entry | undefined,
  { type, resource }: Pick<Service<string>, "type" | "resource">,
  parts: Parts,
): { readonly name: string; readonly properties: MapTree } | undefined {
  if (entry === undefined) return undefined;
  const named = parts.singleMaps(entry.value, "the Resources section");
  if (named === undefined) return undefined;
  const [first, second] = named;
  if (first === undefined) {
    parts.refuse("L10", `it names no ${resource}`, entry.value.place);
    return undefined;
  }
  if (second !== undefined) {
    const names = named.map(([name]) => name).join(", ");
    parts.refuse(
      "L10",
      `one deployment is of one ${resource}, and it names ${names}`,
      second[1].place,
      "Keep one of them",
    );
  }
  const [name, { value }] = first;
  const map = parts.map(value, `the resource ${name}`);
  if (map === undefined) return undefined;
  const keys = parts.keys(map, ["Type", "Properties"]);
  const found = keys.need("Type");
  if (found !== undefined && dump(found.value) !== type)
    parts.refuse("type", `the Type is "${dump(found.value)}"`, found.value.place, `Write "${type}"`);
  const properties = keys.need("Properties");
  const content = properties === undefined ? undefined : parts.map(properties.value, `the Properties of ${name}`);
  return content === undefined ? undefined : { name, properties: content };
}

function readHooks<Event extends string>(
  tree: Tree | undefined,
  { hookEvents }: Pick<Service<Event>, "hookEvents">,
  parts: Parts,
): Partial<Record<Event, string>> {
  const hooks: Partial<Record<Event, string>> = {};
  if (tree === undefined || tree.kind === "null") return hooks;
  for (const [name, { place, value }] of parts.singleMaps(tree, "the Hooks section") ?? []) {
    const event = hookEvents.find((one) => one.toLowerCase() === name.toLowerCase());
    if (event === undefined) {
      parts.refuse(
        "L10",
        `no function can be called at "${name}"`,
        place,
        `Known are ${hookEvents.join(", ").replace(/, (?=[^,]+$)/, " and ")}`,
      );
      continue;
    }
    const named = textOf(value);
    if (named === "") parts.shape(`the hook ${event}`, "the name or the ARN of one function", value);
    else if (hooks[event] !== undefined)
      parts.refuse("L10", `${event} names more than one function`, place, "Let one function call the other");
    else hooks[event] = named;
  }
  return hooks;
}

/** Checks parts of one file. */
export class Parts {
  readonly #kind: ServiceKind;
  readonly #findings: Findings;

  constructor(kind: ServiceKind, findings: Findings) {
    this.#kind = kind;
    this.#findings = findings;
  }

  /** The deployment fails. */
  refuse(rule: string, reason: string, place: Place, remedy?: string): void {
    this.#findings.error(invalid(this.#kind, rule, reason), place, remedy);
  }

  /** A part is not of the kind that belongs there. */
  shape(part: string, wanted: string, found: Tree, remedy?: string): void {
    const isEmpty = found.kind === "text" && found.text.trim() === "";
    this.#findings.error(messages.badShape(part, wanted, isEmpty ? "empty text" : kindOf(found)), found.place, remedy);
  }

  /** A part that is a mapping. */
  map(tree: Tree, part: string, remedy?: string): MapTree | undefined {
    if (tree.kind === "map") return tree;
    this.shape(part, "a mapping", tree, remedy);
    return undefined;
  }

  /** The keys of a mapping. */
  keys(map: MapTree, known: readonly string[]): Keys {
    return new Keys(map, known, { parts: this, findings: this.#findings });
  }

  /** A list of mappings of one key each, or one mapping: the guide shows the one, people write the other. */
  singleMaps(tree: Tree, part: string): readonly (readonly [name: string, entry: Entry])[] | undefined {
    if (tree.kind === "map") return [...tree.entries];
    if (tree.kind === "list")
      return tree.items.flatMap((item) => [...(this.map(item, `each item of ${part}`)?.entries ?? [])]);
    this.shape(part, "a list of mappings", tree);
    return undefined;
  }
}

/** The keys of a mapping, whatever their case. */
export class Keys {
  readonly #parts: Parts;
  readonly #map: MapTree;
  readonly #entries = new Map<string, Entry>();

  constructor(map: MapTree, known: readonly string[], { parts, findings }: { parts: Parts; findings: Findings }) {
    this.#map = map;
    this.#parts = parts;
    for (const [name, entry] of map.entries) {
      if (this.#entries.has(name.toLowerCase()))
        findings.warn("duplicate-key", `The key "${name}" stands here twice; the last one counts`, entry.place);
      this.#entries.set(name.toLowerCase(), entry);
      if (known.every((one) => one.toLowerCase() !== name.toLowerCase()))
        findings.warn("unknown-key", `The key "${name}" is ignored here; known are ${known.join(", ")}`, entry.place);
    }
  }

  /** What a key has, unless it has nothing. */
  get(name: string): Entry | undefined {
    const found = this.#entries.get(name.toLowerCase());
    return found?.value.kind === "null" ? undefined : found;
  }

  /** What a key has, which must be there. */
  need(name: string): Entry | undefined {
    const found = this.get(name);
    if (found === undefined) this.#parts.refuse("missing-key", `the key "${name}" is missing`, this.#map.place);
    return found;
  }

  /** The text of a key that must be there; "" when it is not there, or is no text. */
  text(name: string): string {
    const entry = this.need(name);
    const found = textOf(entry?.value);
    if (entry !== undefined && found === "") this.#parts.shape(`the property ${name}`, "text", entry.value);
    return found;
  }
}
