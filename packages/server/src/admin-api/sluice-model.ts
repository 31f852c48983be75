import type { ServiceModel } from "@sluice/aws-protocol";

type Shape = NonNullable<ReturnType<ServiceModel["operations"]["get"]>>["input"];

/** The type of a member: `document` is any JSON value, and a shape is one of another service's table. */
type MemberType = "text" | "texts" | "number" | "truth" | "document" | readonly [item: Members] | Shape;

/** Members of an input or an output, with their types. */
export type Members = Readonly<Record<string, MemberType>>;

/** The shapes of operations, each with its input and its output. */
export type OperationShapes = Readonly<Record<string, readonly [input: Members, output: Members]>>;

const text: Shape = { kind: "string", name: "Text" };
const simple: Readonly<Record<string, Shape>> = {
  text,
  number: { kind: "number", name: "Number" },
  truth: { kind: "boolean", name: "Truth" },
  document: { kind: "document", name: "Document" },
  texts: listOf(text, "Texts"),
};

/** Returns the model of Sluice's own operations, which are spoken like AWS's: signed JSON. */
export function sluiceModel(operations: OperationShapes): ServiceModel {
  return {
    protocol: "json",
    version: "2026-11-24",
    targetPrefix: "Sluice_20261124",
    xmlns: "",
    operations: new Map(
      Object.entries(operations).map(([name, [input, output]]) => [
        name,
        { name, input: structure(input, `${name}Input`), output: structure(output, `${name}Output`) },
      ]),
    ),
    errors: new Map(),
  };
}

const structure = (members: Members, name: string): Shape => ({
  kind: "structure",
  name,
  members: Object.entries(members).map(([member, type]) => ({
    name: member,
    shape: shapeOf(type, `${name}${member}`),
    traits: {},
    required: false,
  })),
});

function shapeOf(type: MemberType, name: string): Shape {
  if (typeof type === "string") return simple[type] ?? text;
  return isListed(type) ? listOf(structure(type[0], name), `${name}List`) : type;
}

const isListed = (type: MemberType): type is readonly [Members] => Array.isArray(type);

function listOf(shape: Shape, name: string): Shape {
  return { kind: "list", name, item: { name: "member", shape, traits: {}, required: false } };
}
