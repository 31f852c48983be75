import { isUtf8 } from "node:buffer";
import { type Dirent, readdirSync } from "node:fs";

// The system's names are bytes, and almost all of them are UTF-8. In our texts a byte that is not stands as U+DC00 and that
// byte: a code unit that no other text has. So every name is a text of its own, and goes back to the system as it came.

/** A path as Node hands it to the system unchanged. */
export type SystemPath = string | Buffer;

/** A path as the system has it. */
export function systemPath(path: string): SystemPath {
  return path.isWellFormed() ? path : bytesOf(path);
}

/** The bytes of a path. */
export function bytesOf(path: string): Buffer {
  const parts = path.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - strayBase) : Buffer.from(part))),
  );
}

/** The text that stands for some bytes of a path. */
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

/** A path for people: what is no text is shown as such. */
export const shownPath = (path: string): string => path.toWellFormed();

/** What a folder has. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** The entries of a folder, every name as the system has it. */
export function entriesIn(folder: SystemPath): readonly FolderEntry[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes(replacement)))
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  return readdirSync(folder, { withFileTypes: true, encoding: "buffer" }).map((entry) => ({
    name: pathOf(entry.name),
    kind: kindOf(entry),
  }));
}

/** The names in a folder, as the system has them. */
export function namesIn(folder: SystemPath): readonly string[] {
  const names = readdirSync(folder);
  if (!names.some((name) => name.includes(replacement))) return names;
  return readdirSync(folder, { encoding: "buffer" }).map(pathOf);
}

const strayBase = 0xdc00;

/** What Node makes of bytes that are no text. */
const replacement = "\ufffd";

function kindOf(entry: Dirent | Dirent<Buffer>): FolderEntry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

/** How long a UTF-8 sequence is that begins with a byte. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
