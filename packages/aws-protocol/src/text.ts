import { malformed } from "./malformed.ts";
import type { Shape } from "./model.ts";
import { parseTimestamp } from "./timestamp.ts";

/** A simple value from its text, as forms, headers, query strings and XML carry it. Throws SerializationException. */
export function decodeText(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case "string":
    case "document":
      return text;
    case "number":
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) throw malformed(path, text, "a number");
      return Number(text);
    case "boolean":
      if (!/^(true|false)$/i.test(text)) throw malformed(path, text, "true or false");
      return text.toLowerCase() === "true";
    case "blob":
    case "stream":
      return Buffer.from(text, "base64");
    case "timestamp":
      return parseTimestamp(text, path);
    default:
      throw malformed(path, text, `a ${shape.kind}`);
  }
}
