import { malformed } from "./malformed.ts";
import type { Member, Traits } from "../service/model.ts";
import { parseTimestamp } from "./timestamp.ts";

/** Decodes a simple value from the text that forms, headers, query strings and XML carry. Throws SerializationException. */
export function decodeText({ shape, traits }: Pick<Member, "shape" | "traits">, text: string, path: string): unknown {
  switch (shape.kind) {
    case "string":
    case "document":
      return text;
    case "number":
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) throw malformed(path, text, "a number");
      return checkNumber(Number(text), traits, path);
    case "boolean":
      if (!/^(true|false)$/i.test(text)) throw malformed(path, text, "true or false");
      return text.toLowerCase() === "true";
    case "blob":
    case "stream":
      return decodeBase64(text.trim(), path);
    case "timestamp":
      return parseTimestamp(text, path);
    default:
      throw malformed(path, text, `a ${shape.kind}`);
  }
}

/** Returns a number that its member can hold: whole unless it may be a fraction, and exactly representable. Throws SerializationException otherwise. */
export function checkNumber(value: number, { fraction }: Traits, path: string): number {
  if (fraction === 1 ? !Number.isFinite(value) : !Number.isSafeInteger(value))
    throw malformed(path, value, fraction === 1 ? "a number" : "a whole number");
  return value;
}

/** Decodes base64. Throws SerializationException on other characters, which Node would skip. */
export function decodeBase64(text: string, path: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) throw malformed(path, text, "base64 text");
  return Buffer.from(text, "base64");
}
