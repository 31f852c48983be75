import { Fault } from "../fault.ts";

/** How deep values may be nested. AWS's deepest input has about ten levels; more only costs stack. */
export const depthMax = 64;

/** How many parts a document may have: values and names of JSON; tags, attributes and entities of XML. AWS's longest, which completes an upload of 10,000 parts, has about 160,000. Each costs time and memory before it can be checked. */
export const partsMax = 200_000;

/** The fault of a value that does not have its member's type: names what was found and what was expected. */
export function malformed(path: string, found: unknown, wanted: string): Fault {
  return new Fault(
    "SerializationException",
    `Cannot read ${path === "" ? "the input" : `member "${path}"`}: found ${describe(found)}, wanted ${wanted}`,
  );
}

/** Returns a member's path from its parent's. */
export function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function describe(found: unknown): string {
  if (found === null) return "null";
  if (Array.isArray(found)) return "a list";
  if (typeof found === "object") return "a structure";
  if (typeof found === "number") return `the number ${found}`;
  const text = typeof found === "string" ? found : JSON.stringify(found);
  return `${typeof found === "string" ? "text" : `a ${typeof found}`} "${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
}
