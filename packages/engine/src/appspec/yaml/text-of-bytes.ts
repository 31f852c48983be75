import type { Findings } from "../findings.ts";

/** An AppSpec file is a page or two; more is a mistake or an attack. */
export const appSpecBytesMax = 1024 * 1024;

/**
 * Returns the text of a file that should be UTF-8; undefined if it is not, with a finding that says what it is, and
 * where.
 */
export function textOfBytes(bytes: Uint8Array, findings: Findings): string | undefined {
  const start = { line: 1, column: 1 };
  if (bytes.length > appSpecBytesMax) {
    findings.notWellFormed(`the file has ${bytes.length} bytes, and at most ${appSpecBytesMax} are read`, start);
    return undefined;
  }
  const encoding = foreignEncoding(bytes);
  if (encoding !== undefined) {
    findings.notWellFormed(`the file is encoded as ${encoding}`, start, "Save it as UTF-8");
    return undefined;
  }
  const text = decode(bytes);
  if (text === undefined)
    findings.notWellFormed(
      "incomplete UTF-8 octet sequence",
      { line: firstBadLine(bytes), column: 1 },
      "Save it as UTF-8",
    );
  return text;
}

function foreignEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16 (little endian)";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16 (big endian)";
  return bytes.length > 1 && (bytes[0] === 0 || bytes[1] === 0) ? "UTF-16" : undefined;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // The caller reports it, with the line.
  }
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (decode(bytes.subarray(start, end === -1 ? bytes.length : end)) === undefined) return line;
    if (end === -1) break;
    start = end + 1;
  }
  return line;
}
