import { type Finding, Findings } from "./findings.ts";
import * as messages from "./messages.ts";
import { textOfBytes } from "./text-of-bytes.ts";
import { dump, type Entry, kindOf, type MapTree, readYaml, type Tree } from "./yaml-tree.ts";

/** An AppSpec file for a Lambda deployment: which alias moves from which version to which. */
export interface LambdaAppSpec {
  readonly functionName: string;
  readonly alias: string;
  /** Absent: the one that the alias has. */
  readonly currentVersion?: string;
  readonly targetVersion: string;
  /** Functions by lifecycle event, by name or ARN. */
  readonly hooks: Readonly<Partial<Record<LambdaHookEvent, string>>>;
}

/** The events for which such a file may name functions. */
export const lambdaHookEvents = ["BeforeAllowTraffic", "AfterAllowTraffic"] as const;
/** One of them. */
export type LambdaHookEvent = (typeof lambdaHookEvents)[number];

/** What a file was found to be: an AppSpec exactly when no finding is an error. */
export interface ParsedLambda {
  readonly appSpec?: LambdaAppSpec;
  readonly findings: readonly Finding[];
}

/** Reads the AppSpec file of a Lambda deployment, in YAML or JSON (appspec.md §6). Never throws: all problems are findings. */
export function parseLambdaAppSpec(source: string | Uint8Array, { file }: { file: string }): ParsedLambda {
  const findings = new Findings(file);
  const text = typeof source === "string" ? source : textOfBytes(source, findings);
  const tree = text === undefined ? undefined : readYaml(text.replace(/^\uFEFF/, ""), findings);
  const appSpec = tree === undefined ? undefined : readDocument(tree, findings);
  const found = findings.all();
  return appSpec === undefined || found.some(({ severity }) => severity === "error")
    ? { findings: found }
    : { appSpec, findings: found };
}

function readDocument(tree: Tree, findings: Findings): LambdaAppSpec | undefined {
  if (tree.kind === "null") {
    findings.error(messages.noLambdaAppSpec, tree.place);
    return undefined;
  }
  const map = asMap(tree, "the whole", findings);
  if (map === undefined) return undefined;
  const keys = new Keys(map, ["version", "Resources", "Hooks"], findings);
  readVersion(keys);
  const properties = readResource(keys.need("Resources"), findings);
  const hooks = readHooks(keys.get("Hooks")?.value, findings);
  if (properties === undefined) return undefined;
  const fields = new Keys(properties, ["Name", "Alias", "CurrentVersion", "TargetVersion"], findings);
  const functionName = text(fields, "Name");
  const alias = text(fields, "Alias");
  const currentVersion = fields.get("CurrentVersion") === undefined ? "" : version(fields, "CurrentVersion");
  const targetVersion = version(fields, "TargetVersion");
  return {
    ...{ functionName, alias, targetVersion, hooks },
    ...(currentVersion === "" ? {} : { currentVersion }),
  };
}

/** `0.0`, as a number or as text. */
function readVersion(keys: Keys): void {
  const entry = keys.need("version");
  if (entry === undefined) return;
  const found = dump(entry.value);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(found) || Number(found) !== 0)
    keys.findings.error(messages.badVersion(found), entry.value.place);
}

/** The properties of the one function. */
function readResource(entry: Entry | undefined, findings: Findings): MapTree | undefined {
  if (entry === undefined) return undefined;
  const named = singleMaps(entry.value, "the Resources section", findings);
  if (named === undefined) return undefined;
  const [first, second] = named;
  if (first === undefined) {
    findings.error(messages.noLambdaFunction, entry.value.place);
    return undefined;
  }
  if (second !== undefined)
    findings.error(messages.oneLambdaFunction(named.map(([name]) => name)), second[1].place, "Keep one of them");
  const [name, { value }] = first;
  const resource = asMap(value, `the resource ${name}`, findings);
  if (resource === undefined) return undefined;
  const keys = new Keys(resource, ["Type", "Properties"], findings);
  const type = keys.need("Type");
  if (type !== undefined && dump(type.value) !== lambdaType)
    findings.error(messages.badLambdaType(dump(type.value)), type.value.place, `Write "${lambdaType}"`);
  const properties = keys.need("Properties");
  return properties === undefined ? undefined : asMap(properties.value, `the Properties of ${name}`, findings);
}

const lambdaType = "AWS::Lambda::Function";

function readHooks(tree: Tree | undefined, findings: Findings): LambdaAppSpec["hooks"] {
  if (tree === undefined || tree.kind === "null") return {};
  const hooks: Partial<Record<LambdaHookEvent, string>> = {};
  for (const [name, { place, value }] of singleMaps(tree, "the Hooks section", findings) ?? []) {
    const event = lambdaHookEvents.find((one) => one.toLowerCase() === name.toLowerCase());
    if (event === undefined) {
      findings.error(messages.badLambdaHook(name), place, `Known are ${lambdaHookEvents.join(" and ")}`);
      continue;
    }
    const named = value.kind === "text" ? value.text.trim() : "";
    if (named === "")
      findings.error(
        messages.badShape(`the hook ${event}`, "the name or the ARN of one function", kindOf(value)),
        value.place,
      );
    else if (hooks[event] !== undefined)
      findings.error(messages.oneLambdaHook(event), place, "Let one function call the other");
    else hooks[event] = named;
  }
  return hooks;
}

/** A list of mappings of one key each, or one mapping: the guide shows the one, people write the other. */
function singleMaps(
  tree: Tree,
  part: string,
  findings: Findings,
): readonly (readonly [name: string, entry: Entry])[] | undefined {
  if (tree.kind === "map") return [...tree.entries];
  if (tree.kind !== "list") {
    findings.error(messages.badShape(part, "a list of mappings", kindOf(tree)), tree.place);
    return undefined;
  }
  return tree.items.flatMap((item) => [...(asMap(item, `each item of ${part}`, findings)?.entries ?? [])]);
}

function asMap(tree: Tree, part: string, findings: Findings): MapTree | undefined {
  if (tree.kind === "map") return tree;
  findings.error(messages.badShape(part, "a mapping", kindOf(tree)), tree.place);
  return undefined;
}

function text(keys: Keys, name: string): string {
  const entry = keys.need(name);
  if (entry === undefined) return "";
  const { value } = entry;
  const found = value.kind === "text" ? value.text.trim() : "";
  if (found === "") keys.findings.error(messages.badShape(`the property ${name}`, "text", kindOf(value)), value.place);
  return found;
}

/** A published version: a positive number, quoted or not. */
function version(keys: Keys, name: string): string {
  const found = text(keys, name);
  const place = keys.get(name)?.value.place;
  if (found !== "" && place !== undefined && !/^[1-9]\d*$/.test(found))
    keys.findings.error(messages.badLambdaVersion(name, found), place);
  return found;
}

/** The keys of a mapping, whatever their case: the guide writes them in two ways. */
class Keys {
  readonly findings: Findings;
  readonly #map: MapTree;
  readonly #entries = new Map<string, Entry>();

  constructor(map: MapTree, known: readonly string[], findings: Findings) {
    this.#map = map;
    this.findings = findings;
    for (const [name, entry] of map.entries) {
      if (this.#entries.has(name.toLowerCase()))
        findings.warn("duplicate-key", `The key "${name}" stands here twice; the last one counts`, entry.place);
      this.#entries.set(name.toLowerCase(), entry);
      if (known.every((one) => one.toLowerCase() !== name.toLowerCase()))
        findings.warn("unknown-key", `The key "${name}" is ignored here; known are ${known.join(", ")}`, entry.place);
    }
  }

  get(name: string): Entry | undefined {
    const found = this.#entries.get(name.toLowerCase());
    return found?.value.kind === "null" ? undefined : found;
  }

  need(name: string): Entry | undefined {
    const found = this.get(name);
    if (found === undefined) this.findings.error(messages.missingKey(name), this.#map.place);
    return found;
  }
}
