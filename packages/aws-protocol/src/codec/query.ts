import { Fault } from "../fault.ts";
import { below, depthMax, malformed } from "./malformed.ts";
import type { Member, Shape } from "../service/model.ts";
import { decodeText } from "./text.ts";

/** A form's dotted keys as a tree: `Filter.1.Name=x` is a leaf three levels down. */
export interface FormNode {
  text?: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** How many parameters a form may have: the largest real ones, RunInstances and CreateTags, have hundreds. */
const parametersMax = 10_000;

/** Returns a form's parameters, or undefined when there are too many. They are counted first: Node takes seconds to read half a million of them. */
export function readParameters(text: string, countMax = parametersMax): URLSearchParams | undefined {
  let count = 1;
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", at + 1)) if (++count > countMax) return undefined;
  return new URLSearchParams(text);
}

/** Parses a form body into a tree. Throws when it is too large or too deep. */
export function parseForm(body: string): FormNode {
  const root: FormNode = { children: new Map() };
  const parameters = readParameters(body);
  if (parameters === undefined) throw tooLarge();
  for (const [key, text] of parameters) {
    const parts = key.split(".");
    if (parts.length > depthMax) throw tooLarge();
    let node = root;
    for (const part of parts) {
      let next = node.children.get(part);
      if (next === undefined) node.children.set(part, (next = { children: new Map() }));
      node = next;
    }
    node.text = text;
  }
  return root;
}

const tooLarge = (): Fault =>
  new Fault(
    "MalformedQueryString",
    `Cannot read the form: more than ${parametersMax} parameters, or one nested more than ${depthMax} levels deep`,
  );

/** Decodes a form and checks it against an operation's input, in the query protocol or EC2's dialect of it. */
export function decodeForm(shape: Shape, form: FormNode, dialect: "query" | "ec2"): unknown {
  return readForm({ name: "", shape, traits: {}, required: true }, form, { path: "", dialect }) ?? {};
}

interface Position {
  readonly path: string;
  readonly dialect: "query" | "ec2";
}

function readForm(member: Member, node: FormNode | undefined, place: Position): unknown {
  if (node === undefined) return undefined;
  const { shape, traits } = member;
  switch (shape.kind) {
    case "unit":
      return {};
    case "structure": {
      const result: Record<string, unknown> = {};
      for (const inner of shape.members) {
        const name = formName(inner, place);
        const found = readForm(inner, node.children.get(name), { ...place, path: below(place.path, name) });
        if (found !== undefined) result[inner.name] = found;
      }
      return result;
    }
    case "list": {
      const holder =
        place.dialect === "ec2" || traits.xmlFlattened
          ? node
          : (node.children.get(shape.item.traits.xmlName ?? "member") ?? node);
      return numbered(holder).map(([index, item]) =>
        readItem(shape.item, item, { ...place, path: below(place.path, index) }),
      );
    }
    case "map": {
      const holder = traits.xmlFlattened ? node : (node.children.get("entry") ?? node);
      const entries = numbered(holder).map(([index, entry]): [string, unknown] => [
        entry.children.get(shape.key.traits.xmlName ?? "key")?.text ?? "",
        readItem(shape.value, entry.children.get(shape.value.traits.xmlName ?? "value"), {
          ...place,
          path: below(place.path, index),
        }),
      ]);
      return Object.fromEntries(entries);
    }
    default:
      return node.text === undefined ? undefined : decodeText(member, node.text, place.path);
  }
}

/** Reads an item of a list or a map, which must have a value. */
function readItem(member: Member, node: FormNode | undefined, place: Position): unknown {
  const found = readForm(member, node, place);
  if (found === undefined) throw malformed(place.path, null, `a ${member.shape.kind}`);
  return found;
}

function formName({ name, traits }: Member, { dialect }: Position): string {
  if (dialect === "query") return traits.xmlName ?? name;
  const base = traits.xmlName ?? name;
  return traits.ec2QueryName ?? base.charAt(0).toUpperCase() + base.slice(1);
}

function numbered(node: FormNode): readonly (readonly [string, FormNode])[] {
  return [...node.children].filter(([key]) => /^\d+$/.test(key)).toSorted(([a], [b]) => Number(a) - Number(b));
}
