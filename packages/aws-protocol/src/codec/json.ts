import { Fault } from "../fault.ts";
import { below, depthMax, malformed, partsMax } from "./malformed.ts";
import type { Member, Shape, Structure } from "../service/model.ts";
import { checkNumber, decodeBase64 } from "./text.ts";
import { parseTimestamp } from "./timestamp.ts";

/** Whether members are named by their `jsonName`, as in REST-JSON. */
export interface JsonNames {
  readonly jsonNames?: boolean | undefined;
}

/** Decodes a JSON body and checks it against a shape. Unknown members are dropped; null counts as absent. Throws SerializationException. */
export function decodeJson(shape: Shape, body: string, options: JsonNames = {}): unknown {
  return readJson({ name: "", shape, traits: {}, required: true }, parseJson(body === "" ? "{}" : body), {
    path: "",
    depth: 0,
    ...options,
  });
}

/** Encodes a value of a shape as JSON. Undefined members are dropped; times are seconds since the epoch unless their shape says otherwise. */
export function encodeJson(shape: Shape, value: unknown, options: JsonNames = {}): string {
  return JSON.stringify(plain(shape, value, options)) ?? "{}";
}

interface Position extends JsonNames {
  readonly path: string;
  readonly depth: number;
}

/** Parses JSON that somebody else has written. Throws SerializationException, before it is parsed, when it has more parts than any document of AWS's. */
export function parseJson(text: string): unknown {
  if (hasTooManyParts(text))
    throw new Fault("SerializationException", `Cannot read the body: it has more than ${partsMax} parts`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("SerializationException", "Cannot read the body: it is not JSON", { cause });
  }
}

function hasTooManyParts(text: string): boolean {
  if (text.length <= partsMax) return false; // each part has a character at least: nearly no text need be looked at
  let parts = 0;
  for (let at = 0; at < text.length && parts <= partsMax; at += 1)
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        parts += 1;
        break;
      case "[":
      case "{":
      case ",":
      case ":":
        parts += 1;
    }
  return parts > partsMax;
}

/** Returns the index of the closing quote of the string that begins at `start`, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

function readJson({ shape, traits }: Member, value: unknown, place: Position): unknown {
  const { path, depth } = place;
  if (depth > depthMax)
    throw new Fault("SerializationException", `Cannot read the input: it is nested more than ${depthMax} levels deep`);
  switch (shape.kind) {
    case "string":
      if (typeof value !== "string") throw malformed(path, value, "text");
      return value;
    case "number":
      if (typeof value !== "number") throw malformed(path, value, "a number");
      return checkNumber(value, traits, path);
    case "boolean":
      if (typeof value !== "boolean") throw malformed(path, value, "true or false");
      return value;
    case "blob":
    case "stream":
      if (typeof value !== "string") throw malformed(path, value, "base64 text");
      return decodeBase64(value, path);
    case "timestamp":
      if (typeof value !== "number" && typeof value !== "string") throw malformed(path, value, "a timestamp");
      return parseTimestamp(String(value), path);
    case "list":
      if (!Array.isArray(value)) throw malformed(path, value, "a list");
      return value.map((item: unknown, index) =>
        readJson(shape.item, item, { ...place, path: `${path}[${index}]`, depth: depth + 1 }),
      );
    case "map":
      return Object.fromEntries(
        Object.entries(structured(value, path)).map(([key, item]) => [
          key,
          readJson(shape.value, item, { ...place, path: below(path, key), depth: depth + 1 }),
        ]),
      );
    case "structure":
      return readStructure(shape, structured(value, path), place);
    case "unit":
      structured(value, path);
      return {};
    case "document":
      return value;
  }
}

function readStructure({ members }: Structure, value: Readonly<Record<string, unknown>>, place: Position): unknown {
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const name = wireName(member, place);
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    if (found !== undefined && found !== null)
      result[member.name] = readJson(member, found, {
        ...place,
        path: below(place.path, name),
        depth: place.depth + 1,
      });
  }
  return result;
}

function structured(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(path, value, "a structure");
  return value as Readonly<Record<string, unknown>>; // JSON.parse makes plain objects
}

const wireName = (member: Member, { jsonNames }: JsonNames) =>
  jsonNames === true ? (member.traits.jsonName ?? member.name) : member.name;

function plain(shape: Shape, value: unknown, options: JsonNames): unknown {
  if (value === undefined || value === null) return undefined;
  switch (shape.kind) {
    case "blob":
    case "stream":
      return Buffer.from(value as Uint8Array).toString("base64"); // typed by the operations table
    case "timestamp":
      return jsonTime(value as Date, shape.format);
    case "list":
      return (value as readonly unknown[]).map((item) => plain(shape.item.shape, item, options));
    case "map":
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, plain(shape.value.shape, item, options)]),
      );
    case "structure": {
      const members = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const found = plain(member.shape, members[member.name], options);
        if (found !== undefined) result[wireName(member, options)] = found;
      }
      return result;
    }
    case "unit":
      return {};
    default:
      return value;
  }
}

function jsonTime(date: Date, format: string | undefined): number | string {
  if (format === "date-time") return date.toISOString();
  return format === "http-date" ? date.toUTCString() : date.getTime() / 1000;
}
