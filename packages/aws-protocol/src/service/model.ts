import { readFileSync } from "node:fs";

/** The type of a value, from the tables under `tables/`. */
export type Shape =
  | { readonly kind: "unit" | "string" | "number" | "boolean" | "blob" | "stream" | "document"; readonly name: string }
  | { readonly kind: "timestamp"; readonly name: string; readonly format?: TimestampFormat }
  | { readonly kind: "list"; readonly name: string; readonly item: Member }
  | { readonly kind: "map"; readonly name: string; readonly key: Member; readonly value: Member }
  | Structure;

/** A structure's members; required ones are marked. */
export interface Structure {
  readonly kind: "structure";
  readonly name: string;
  readonly members: readonly Member[];
  readonly xmlName?: string | undefined;
}

/** A use of a shape: a structure's member, a list's item, a map's key or value. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly traits: Traits;
  readonly required: boolean;
}

/** The ways in which a timestamp goes over the wire. */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** Smithy traits that a codec or a router reads. */
export interface Traits {
  readonly httpLabel?: 1;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly httpQueryParams?: 1;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: readonly [prefix: string, uri: string];
  readonly ec2QueryName?: string;
  readonly jsonName?: string;
  /** A number that need not be whole. */
  readonly fraction?: 1;
}

/** A service's protocol. `json` is AWS JSON 1.0 or 1.1, told apart by the request's content type. */
export type Protocol = "json" | "query" | "ec2" | "rest-json" | "rest-xml";

/** An operation's name, its route in a REST protocol, and its shapes. */
export interface Operation {
  readonly name: string;
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number } | undefined;
  readonly input: Shape;
  readonly output: Shape;
}

/** Everything a codec needs to know of a service. */
export interface ServiceModel {
  readonly protocol: Protocol;
  readonly version: string;
  readonly targetPrefix?: string | undefined;
  readonly xmlns: string;
  readonly operations: ReadonlyMap<string, Operation>;
  /** By exception name: its code on the wire of query services, and its HTTP status. */
  readonly errors: ReadonlyMap<string, { readonly code: string; readonly status: number }>;
}

/** The services that have a table. */
export type ServiceName =
  | "application-auto-scaling"
  | "auto-scaling"
  | "classic-load-balancing"
  | "cloudwatch"
  | "codedeploy"
  | "ec2"
  | "ecr"
  | "ecs"
  | "iam"
  | "lambda"
  | "load-balancing"
  | "logs"
  | "s3"
  | "sns"
  | "ssm"
  | "sts";

type Reference = readonly [shape: number, traits?: Traits];
type Row = readonly [kind: string, name?: string, traits?: Traits, first?: unknown, second?: unknown];

/** A service's table, from its file or written by hand. */
export interface Table {
  readonly protocol: string;
  readonly version: string;
  readonly targetPrefix?: string | undefined;
  readonly xmlns?: string | undefined;
  readonly operations: Readonly<
    Record<
      string,
      readonly [input: number, output: number, http?: readonly [method: string, uri: string, status: number]]
    >
  >;
  readonly errors: Readonly<Record<string, readonly [code: string, status: number]>>;
  readonly shapes: readonly Row[];
}

const models = new Map<ServiceName, ServiceModel>();

/** Returns a service's model, read from its table on first use. */
export function serviceModel(name: ServiceName): ServiceModel {
  let model = models.get(name);
  if (model === undefined) {
    const text = readFileSync(new URL(`../tables/${name}.json`, import.meta.url), "utf8");
    model = buildModel(JSON.parse(text) as Table); // a file of ours: a test checks that the generator writes it so
    models.set(name, model);
  }
  return model;
}

/** Builds a model from a table: numbers become references. */
export function buildModel(table: Table): ServiceModel {
  const built: Mutable[] = table.shapes.map(([kind, name = "", traits = {}]) => ({
    ...simple(kind),
    name,
    ownTraits: traits,
  }));
  const shape = (number: number): Mutable => {
    const found = built[number];
    if (found === undefined) throw new Error(`Cannot read the table: there is no shape ${number}`);
    return found;
  };
  const member = (name: string, [number, traits = {}]: Reference, required = false): Member => {
    const target = shape(number);
    return { name, shape: target as unknown as Shape, traits: { ...target.ownTraits, ...traits }, required }; // completed below, before anyone reads it
  };
  // Whether a number is whole is known by its member's name; items have no name, and some, such as weights, are not whole.
  const item = (name: string, [number, traits = {}]: Reference) => member(name, [number, { ...traits, fraction: 1 }]);
  table.shapes.forEach(([kind, , , first, second], index) => {
    const target = shape(index);
    // The kind of a row tells what its fourth and fifth items are.
    if (kind === "list") target["item"] = item("member", first as Reference);
    if (kind === "map")
      Object.assign(target, { key: member("key", first as Reference), value: item("value", second as Reference) });
    if (kind === "structure") {
      const rows = first as readonly (readonly [string, Reference, 1?])[];
      Object.assign(target, {
        members: rows.map(([name, reference, required]) => member(name, reference, required === 1)),
      });
      if (target.ownTraits.xmlName !== undefined) target["xmlName"] = target.ownTraits.xmlName;
    }
  });
  const operations = Object.entries(table.operations).map(([name, [input, output, http]]): [string, Operation] => {
    const shapes = { name, input: shape(input) as unknown as Shape, output: shape(output) as unknown as Shape };
    return [name, { ...shapes, http: http && { method: http[0], uri: http[1], status: http[2] } }];
  });
  return {
    protocol: table.protocol as Protocol,
    version: table.version,
    targetPrefix: table.targetPrefix,
    xmlns: table.xmlns ?? "",
    operations: new Map(operations),
    errors: new Map(Object.entries(table.errors).map(([name, [code, status]]) => [name, { code, status }])),
  };
}

interface Mutable {
  readonly kind: string;
  readonly name: string;
  readonly ownTraits: Traits;
  [field: string]: unknown;
}

function simple(kind: string): { readonly kind: string; readonly format?: string } {
  const format = /^timestamp-(.+)$/.exec(kind)?.[1];
  return format === undefined ? { kind } : { kind: "timestamp", format };
}
