import { waitSecondsMax } from "./deadline.ts";

/** Returns a document's values by key. Keys may be written as Ruby symbols, `:key:`. */
export function plainKeys(document: unknown): Map<string, unknown> {
  if (document === null || document === undefined) return new Map();
  if (typeof document !== "object" || Array.isArray(document))
    throw new Error(`a mapping of keys to values was expected, and ${JSON.stringify(document)} was found`);
  return new Map(Object.entries(document).map(([key, value]) => [key.replace(/^:/, ""), value]));
}

/** A value as text; undefined where none is given. What is no text comes as JSON. */
export function text(value: unknown): string | undefined {
  return value === null || value === undefined || value === ""
    ? undefined
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

/** A URL of `http` or `https`; undefined where none is given. Throws for any other; it may contain a password, which must not be in a message. */
export function url(value: unknown, key: string): string | undefined {
  const found = text(value);
  if (found === undefined || /^https?:$/.test(protocolOf(found) ?? "")) return found;
  throw new Error(
    `Invalid configuration :${key}: a URL that begins with http:// or https:// was expected, and ${protocolOf(found) === undefined ? "something that is no URL" : `one that begins with ${protocolOf(found)}`} was found`,
  );
}

const protocolOf = (text: string): string | undefined => (URL.canParse(text) ? new URL(text).protocol : undefined);

/** Whether a switch is on. The official agents accept these words, too. */
export function isOn(value: unknown, otherwise: boolean): boolean {
  if (value === null || value === undefined || value === "") return otherwise;
  return value === true || (typeof value === "string" && /^(true|yes|on)$/i.test(value));
}

/** Gives a value back. A key that says who is trusted, and names nobody, is a mistake: without it everybody is. */
export function named(value: unknown, key: string, expected: string): unknown {
  if (value === undefined || (text(value)?.trim() ?? "") !== "") return value;
  throw new Error(`Invalid configuration :${key}: ${expected} was expected, and nothing was found`);
}

/** The SHA-256 of public keys, in hex; several are separated by commas or blanks. Throws for what is none. */
export function signers(value: unknown): readonly string[] | undefined {
  const words = text(named(value, "trusted_signer", "the SHA-256 of a public key, 64 hexadecimal digits,"))
    ?.toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const odd = words?.find((word) => !/^[0-9a-f]{64}$/.test(word));
  if (odd === undefined) return words;
  throw new Error(
    `Invalid configuration :trusted_signer: the SHA-256 of a public key, 64 hexadecimal digits, was expected, and ${JSON.stringify(odd.slice(0, 100))} was found`,
  );
}

/** A whole number of `least` or more; undefined where none is given. Throws for anything else. */
export function count(value: unknown, key: string, { least }: { least: number }): number | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least)
    throw new Error(
      `Invalid configuration :${key}=${JSON.stringify(value)}: a whole number of ${least} or more was expected`,
    );
  return number;
}

/** Reads a time to wait, in seconds. One longer than timers can wait means for ever. */
export function seconds(value: unknown, key: string, limits: { least: number }): number | undefined {
  const found = count(value, key, limits);
  return found === undefined ? undefined : Math.min(found, waitSecondsMax);
}
