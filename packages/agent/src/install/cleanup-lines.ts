import { bytesOf, pathOf } from "../files/system-path.ts";

// The official agent's list has one path a line, with a mark before the paths whose SELinux context was set (agent.md §3.7).
// The official agent strips whitespace from lines. A path that a line cannot express is written as a file URL, which the
// official agent takes for a path that no longer exists.

/** Something that the next installation removes. */
export interface CleanupLine {
  readonly type: "path" | "context";
  readonly path: string;
}

const contextMark = "semanage\0";
const urlStart = "file://";

/** The longest path and the longest name that Linux accepts, in bytes. */
const pathBytesMax = 4095;
const nameBytesMax = 255;

/** Returns a line as it is written, with its line break. */
export function writeLine({ type, path }: CleanupLine): string {
  return `${type === "context" ? contextMark : ""}${isPlain(path) ? path : urlOf(path)}\n`;
}

/** Parses a list. A last line without line break was cut short and is ignored. Throws an error about the first line that no agent can have written. */
export function readLines(bytes: Buffer): readonly CleanupLine[] {
  const lines: CleanupLine[] = [];
  let number = 0;
  for (let at = 0, end = bytes.indexOf(newline); end !== -1; at = end + 1, end = bytes.indexOf(newline, at)) {
    number += 1;
    const line = readLine(bytes.subarray(at, end), number);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

const newline = 0x0a;

/** Whether a line can express a path. When lists are read trailing blanks belong to the name, as an older agent may have written them so. */
const isPlain = (path: string): boolean => path.isWellFormed() && !/\n|[\t\v\f\r ]$/.test(path);

function urlOf(path: string): string {
  const bytes = bytesOf(path);
  return `${urlStart}${Array.from(bytes, (byte) => (isUnreserved(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)).join("")}`;
}

const isUnreserved = (byte: number): boolean => /[A-Za-z0-9/._~-]/.test(String.fromCharCode(byte));

function readLine(bytes: Buffer, number: number): CleanupLine | undefined {
  if (bytes.length > 3 * pathBytesMax + contextMark.length + urlStart.length)
    throw new Error(`line ${number} has ${bytes.length} characters`);
  const text = bytes.toString("latin1").trimStart();
  if (text === "") return undefined;
  const isContext = text.startsWith(contextMark);
  const path = pathIn(isContext ? text.slice(contextMark.length) : text);
  if (path === undefined) throw new Error(`line ${number} is not the absolute path of a file`);
  return { type: isContext ? "context" : "path", path };
}

/** Returns the path of a line, which has one character for each byte; undefined when it is not an absolute path. */
function pathIn(line: string): string | undefined {
  const bytes = line.startsWith(urlStart) ? unescaped(line.slice(urlStart.length)) : Buffer.from(line, "latin1");
  if (bytes === undefined || bytes[0] !== slash || bytes.includes(0) || bytes.length > pathBytesMax) return undefined;
  const parts = bytes.toString("latin1").split("/");
  return parts.some((part) => part === ".." || part.length > nameBytesMax) ? undefined : pathOf(bytes);
}

const slash = 0x2f;

function unescaped(url: string): Buffer | undefined {
  if (!/^(?:[^%]|%[0-9A-F]{2})*$/.test(url)) return undefined;
  const parts = url.split(/%([0-9A-F]{2})/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.of(Number.parseInt(part, 16)) : Buffer.from(part, "latin1"))),
  );
}
