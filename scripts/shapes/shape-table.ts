// Reads the schemas that AWS's SDK packages export, and numbers the shapes that they refer to.
import type { Newer } from "./services.ts";

/** Bits of a schema's numeric traits. */
const traitBits = [
  "httpLabel",
  "idempotent",
  "idempotencyToken",
  "sensitive",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
];

/** Traits that a codec or a router reads; the SDK carries more. */
const traitsKept = new Set([
  "httpLabel",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
  "httpQuery",
  "httpHeader",
  "httpPrefixHeaders",
  "xmlName",
  "xmlFlattened",
  "xmlAttribute",
  "xmlNamespace",
  "ec2QueryName",
  "jsonName",
]);

const simpleKinds: Readonly<Record<number, string>> = {
  0: "string",
  1: "number",
  2: "boolean",
  4: "timestamp",
  5: "timestamp-date-time",
  6: "timestamp-http-date",
  7: "timestamp-epoch-seconds",
  15: "document",
  17: "number",
  19: "number",
  21: "blob",
  42: "stream",
};

/** Members whose numbers need not be whole, with their structure where others of that name are whole. AWS's models say so; the SDK's schemas do not. */
const fractions = new Set(
  "AggregateValue Average BreachThreshold BaselineBandwidthInGbps BaselineThroughputInMBps EffectiveCapacityUnits Max Maximum MaximumThroughputInMBps MetricIntervalLowerBound MetricIntervalUpperBound MetricValue Min Minimum PeakBandwidthInGbps SampleCount Scale.value Sum SustainedClockSpeedInGhz TargetValue Threshold Value targetVersionWeight trafficWeight".split(
    " ",
  ),
);

type Traits = Record<string, unknown>;
type Reference = [shape: number, traits?: Traits];

/** Returns the names of the schemas of one kind that a package exports: 9 is an operation, -3 a fault. */
export function schemaNames(sdk: Record<string, unknown>, kind: number): string[] {
  return Object.entries(sdk)
    .filter(
      ([name, schema]) =>
        name.endsWith("$") && Array.isArray(schema) && schema[0] === kind && (kind !== -3 || schema[3]),
    )
    .map(([name]) => name.slice(0, -1));
}

/** Returns the schema that a package exports for a name. */
export function schemaOf(sdk: Record<string, unknown>, name: string): unknown[] {
  const schema = sdk[`${name}$`];
  if (!Array.isArray(schema))
    throw new Error(`Cannot find the schema of ${name}: the package does not export "${name}$"`);
  return schema;
}

/** Returns the traits of a schema, which the SDK writes as an object or as bits. */
export function traitsOf(traits: unknown): Traits {
  if (typeof traits === "object" && traits !== null) return traits as Traits;
  return Object.fromEntries(traitBits.filter((_, bit) => (Number(traits) >> bit) & 1).map((name) => [name, 1]));
}

function keptTraits(traits: Traits): Traits {
  return Object.fromEntries(Object.entries(traits).filter(([name]) => traitsKept.has(name)));
}

/** Numbers shapes in the order in which they are first referred to. */
export class ShapeTable {
  readonly rows: unknown[] = [];
  readonly #numbers = new Map<unknown, number>();
  readonly #newer: Newer | undefined;
  readonly #structures = new Map<string, unknown>();

  constructor(newer: Newer | undefined) {
    this.#newer = newer;
  }

  /** A reference to a schema, as a member, a list's item or an operation's input makes it. */
  reference(schema: unknown): Reference {
    let target = schema;
    let traits: Traits = {};
    for (;;) {
      if (typeof target === "function") target = target();
      else if (Array.isArray(target) && target.length === 2) {
        traits = { ...keptTraits(traitsOf(target[1])), ...traits };
        target = target[0];
      } else break;
    }
    const number = this.#number(target);
    return Object.keys(traits).length > 0 ? [number, traits] : [number];
  }

  #member(structure: string, name: string, schema: unknown): Reference {
    const [number, traits] = this.reference(schema);
    const isNamed = fractions.has(name) || fractions.has(`${structure}.${name}`);
    const isFraction = isNamed && (this.rows[number] as readonly unknown[] | null)?.[0] === "number";
    if (isFraction) return [number, { ...traits, fraction: 1 }];
    return traits === undefined ? [number] : [number, traits];
  }

  #number(schema: unknown): number {
    const known = this.#numbers.get(schema);
    if (known !== undefined) return known;
    const number = this.rows.push(null) - 1;
    this.#numbers.set(schema, number);
    this.rows[number] = this.#row(schema);
    return number;
  }

  #row(schema: unknown): unknown {
    if (typeof schema === "string") return ["unit"];
    if (typeof schema === "number") {
      if (schema >= 128) return ["map", "", {}, this.reference(0), this.reference(schema & 63)];
      if (schema >= 64) return ["list", "", {}, this.reference(schema & 63)];
      return [simpleKinds[schema] ?? "string"];
    }
    const [kind, , name, traits, first, second, required = 0] = schema as [
      number,
      string,
      string,
      unknown,
      unknown,
      unknown,
      number?,
    ];
    const own = keptTraits(traitsOf(traits));
    if (kind === 0) return [simpleKinds[Number(first)] ?? "string", name, own];
    if (kind === 1) return ["list", name, own, this.reference(first)];
    if (kind === 2) return ["map", name, own, this.reference(first), this.reference(second)];
    const members = (first as string[]).map((member, index) => [
      member,
      this.#member(name, member, (second as unknown[])[index]),
      ...(index < required ? [1] : []),
    ]);
    const added = Object.entries(this.#newer?.members[name] ?? {}).map(([member, structure]) => [
      member,
      this.reference(this.#newStructure(structure)),
    ]);
    return ["structure", name, own, [...members, ...added]];
  }

  /** Returns the schema of a structure that the SDK lacks: the same one each time. */
  #newStructure(name: string): unknown {
    const members = this.#newer?.structures[name] ?? {};
    const schema = this.#structures.get(name) ?? [3, "", name, 0, Object.keys(members), Object.values(members)];
    this.#structures.set(name, schema);
    return schema;
  }
}
