import { isUtf8 } from "node:buffer";
import { type Dirent, readdirSync } from "node:fs";

// File names are bytes, and almost all of them are UTF-8. Here a byte that is not is represented as U+DC00 plus the byte, a code
// unit that no valid text has. So names are distinct strings, and go back to the system unchanged.

/** A path that Node passes to the system unchanged. */
export type SystemPath = string | Buffer;

/** Converts a path for Node's file system calls. */
export function systemPath(path: string): SystemPath {
  return path.isWellFormed() ? path : bytesOf(path);
}

/** Returns the bytes of a path. */
export function bytesOf(path: string): Buffer {
  const parts = path.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - strayBase) : Buffer.from(part))),
  );
}

/** Returns the string for the bytes of a path. */
export function pathOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0);
    const sequence = bytes.subarray(at, at + length);
    const isText = sequence.length === length && isUtf8(sequence);
    text += isText ? sequence.toString("utf8") : String.fromCharCode(strayBase + (bytes[at] ?? 0));
    at += isText ? length : 1;
  }
  return text;
}

/** Returns a path for messages: bytes that are not UTF-8 become U+FFFD. */
export const shownPath = (path: string): string => path.toWellFormed();

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** Lists a folder's entries. */
export function entriesIn(folder: SystemPath): readonly FolderEntry[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes(replacement)))
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  return readdirSync(folder, { withFileTypes: true, encoding: "buffer" }).map((entry) => ({
    name: pathOf(entry.name),
    kind: kindOf(entry),
  }));
}

/** Lists the names in a folder. */
export function namesIn(folder: SystemPath): readonly string[] {
  const names = readdirSync(folder);
  if (!names.some((name) => name.includes(replacement))) return names;
  return readdirSync(folder, { encoding: "buffer" }).map(pathOf);
}

const strayBase = 0xdc00;

/** What Node returns for bytes that are not UTF-8. */
const replacement = "\ufffd";

function kindOf(entry: Dirent | Dirent<Buffer>): FolderEntry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

/** Returns the length of the UTF-8 sequence that a byte begins. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
