import { Fault } from "../fault.ts";
import { depthMax } from "./malformed.ts";
import type { Member, Shape, Structure } from "../service/model.ts";
import { decodeText } from "./text.ts";
import { formatTimestamp } from "./timestamp.ts";
import { parseXml, type XmlElement } from "./xml-parser.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
  "\n": "&#xA;",
};

/** Escapes text for XML. Characters that XML cannot express become U+FFFD. */
export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what XML 1.0 refuses
  return text
    .replaceAll(/[&<>"\r\n]/g, (character) => escapes[character] ?? "")
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}

/** Encodes a structure's members as elements, except those that are in headers and the like. */
export function encodeXmlMembers(shape: Shape, value: unknown): string {
  if (shape.kind !== "structure") return "";
  const members = (value ?? {}) as Readonly<Record<string, unknown>>; // typed by the operations table
  return shape.members
    .filter(
      (member) =>
        inBody(member) &&
        !member.traits.xmlAttribute &&
        members[member.name] !== undefined &&
        members[member.name] !== null,
    )
    .map((member) => element(member.traits.xmlName ?? member.name, member, members[member.name]))
    .join("");
}

/** Encodes a payload member as a document. */
export function encodeXmlPayload(member: Member, value: unknown, xmlns: string): string {
  return element(
    member.traits.xmlName ?? member.shape.name,
    { ...member, traits: { ...member.traits, xmlNamespace: ["", xmlns] } },
    value,
  );
}

/** Whether a member is in the body, and not in a header, the path or the status. */
export function inBody({ traits }: Member): boolean {
  const { httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode, httpLabel, httpQuery, httpQueryParams } =
    traits;
  return [httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode, httpLabel, httpQuery, httpQueryParams].every(
    (trait) => trait === undefined,
  );
}

/** Decodes an XML body and checks it against a structure. Throws MalformedXML or SerializationException. */
export function decodeXml(shape: Shape, text: string): unknown {
  return text === "" ? {} : readXml({ name: "", shape, traits: {}, required: true }, [parseXml(text, depthMax)], "");
}

function element(tag: string, { shape, traits }: Member, value: unknown): string {
  switch (shape.kind) {
    case "structure":
      return `<${tag}${namespace(traits.xmlNamespace)}${attributes(shape, value)}>${encodeXmlMembers(shape, value)}</${tag}>`;
    case "list": {
      const items = value as readonly unknown[]; // typed by the operations table, as below
      if (traits.xmlFlattened) return items.map((item) => element(tag, shape.item, item)).join("");
      const itemTag = shape.item.traits.xmlName ?? "member";
      return `<${tag}>${items.map((item) => element(itemTag, shape.item, item)).join("")}</${tag}>`;
    }
    case "map": {
      const entryTag = traits.xmlFlattened ? tag : "entry";
      const entries = Object.entries(value as Readonly<Record<string, unknown>>).map(
        ([key, item]) =>
          `<${entryTag}>${element(shape.key.traits.xmlName ?? "key", shape.key, key)}${element(shape.value.traits.xmlName ?? "value", shape.value, item)}</${entryTag}>`,
      );
      return traits.xmlFlattened ? entries.join("") : `<${tag}>${entries.join("")}</${tag}>`;
    }
    default:
      return `<${tag}>${xmlText(shape, value)}</${tag}>`;
  }
}

function xmlText(shape: Shape, value: unknown): string {
  if (shape.kind === "blob" || shape.kind === "stream") return Buffer.from(value as Uint8Array).toString("base64");
  if (shape.kind === "timestamp") return formatTimestamp(value as Date, shape.format ?? "date-time");
  return escapeXml(String(value));
}

function namespace(namespaced: readonly [prefix: string, uri: string] | undefined): string {
  if (namespaced === undefined) return "";
  const [prefix, uri] = namespaced;
  return ` xmlns${prefix === "" ? "" : `:${prefix}`}="${escapeXml(uri)}"`;
}

function attributes({ members }: Structure, value: unknown): string {
  const values = value as Readonly<Record<string, unknown>>;
  return members
    .filter(({ name, traits }) => traits.xmlAttribute && values[name] !== undefined)
    .map(({ name, traits }) => ` ${traits.xmlName ?? name}="${escapeXml(String(values[name]))}"`)
    .join("");
}

function readXml(place: Member, found: readonly XmlElement[], path: string): unknown {
  const [first] = found;
  if (first === undefined) return undefined;
  const { shape, traits } = place;
  switch (shape.kind) {
    case "structure": {
      const result: Record<string, unknown> = {};
      for (const member of shape.members.filter(inBody)) {
        const tag = member.traits.xmlName ?? member.name;
        const value = member.traits.xmlAttribute
          ? first.attributes.get(tag)
          : readXml(
              member,
              first.children.filter((child) => child.tag === tag),
              `${path}/${tag}`,
            );
        if (value !== undefined) result[member.name] = value;
      }
      return result;
    }
    case "list": {
      const itemTag = shape.item.traits.xmlName ?? "member";
      const items = traits.xmlFlattened ? found : first.children.filter(({ tag }) => tag === itemTag);
      return items.map((item) => readXml(shape.item, [item], path));
    }
    case "map":
      throw new Fault("MalformedXML", `Cannot read ${path}: no input of these services holds a map in XML`);
    case "unit":
      return {};
    default:
      return decodeText(place, first.text, path);
  }
}
