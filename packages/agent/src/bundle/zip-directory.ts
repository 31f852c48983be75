import { readSync } from "node:fs";
import { type ByteName, byteName } from "@sluice/archive";
import { extraFields, modifiedTime, unicodePath } from "./zip-extra.ts";

/** An entry of a zip archive's central directory. */
export interface ZipEntry {
  readonly name: ByteName;
  /** Bits 0 and 6: the entry is encrypted. */
  readonly flags: number;
  /** The compression method: 0 none, 8 deflate. */
  readonly method: number;
  readonly sum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** The offset of its local header in the file. */
  readonly at: number;
  /** The Unix mode, file type included; 0 when the archive was made on another system. */
  readonly mode: number;
  /** Whether MS-DOS's attributes call it a folder. */
  readonly isMarkedFolder: boolean;
  readonly modified: Date | undefined;
}

/** The place of a zip archive's central directory in its file. */
export interface ZipDirectory {
  readonly start: number;
  readonly end: number;
  readonly entries: number;
  /** Bytes before the archive itself, which its offsets do not count. */
  readonly shift: number;
  /** Bytes after the archive. */
  readonly behind: number;
}

/** Bytes of the end of central directory record without its comment. */
const endBytes = 22;

/** How far from the file's end the end record is searched: a comment has at most 64 KiB, and a little may follow the archive. */
const searchedBytes = endBytes + 2 * 65_535;

const marks = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50 } as const;

/** Finds the central directory by the last end record that has a directory before it. Throws when there is none. */
export function findDirectory(file: number, fileBytes: number): ZipDirectory {
  const from = Math.max(0, fileBytes - searchedBytes);
  const tail = readAt(file, from, fileBytes - from);
  for (let at = tail.length - endBytes; at >= 0; at -= 1) {
    at = tail.lastIndexOf("PK\x05\x06", at, "latin1");
    if (at < 0) break;
    const found = directoryBefore(file, { at: from + at, record: tail.subarray(at), fileBytes });
    if (found !== undefined) return found;
  }
  throw new Error("It has no directory at its end: it is not a zip archive, or only a part of one");
}

interface EndRecord {
  readonly at: number;
  readonly record: Buffer;
  readonly fileBytes: number;
}

function directoryBefore(file: number, { at, record, fileBytes }: EndRecord): ZipDirectory | undefined {
  if (record.length < endBytes) return undefined;
  const said = { entries: record.readUInt16LE(10), bytes: record.readUInt32LE(12), start: record.readUInt32LE(16) };
  const isLarge = said.entries === 0xffff || said.bytes === 0xffffffff || said.start === 0xffffffff;
  const large = isLarge ? largeEnd(file, at) : undefined;
  const { entries, bytes, start } = large ?? said;
  const end = large?.at ?? at;
  const behind = Math.max(0, fileBytes - at - endBytes - record.readUInt16LE(20));
  // The directory ends where the end record begins. If something lies in between, the offsets are taken as they are.
  for (const shift of [end - bytes - start, 0])
    if (shift >= 0 && start + shift + bytes <= end && (bytes === 0 || isEntry(file, start + shift)))
      return { start: start + shift, end: start + shift + bytes, entries, shift, behind };
  return undefined;
}

/** Returns the zip64 end record, by the locator directly before the ordinary one; undefined when there is none. */
function largeEnd(file: number, before: number) {
  const locator = before < 20 ? undefined : readAt(file, before - 20, 20);
  if (locator?.readUInt32LE(0) !== marks.locator64) return undefined;
  for (const at of [numberOf(locator, 8), before - 20 - 56]) {
    if (at === undefined || at < 0 || at + 56 > before) continue;
    const record = readAt(file, at, 56);
    if (record.length < 56 || record.readUInt32LE(0) !== marks.end64) continue;
    const [entries, bytes, start] = [numberOf(record, 32), numberOf(record, 40), numberOf(record, 48)];
    if (entries !== undefined && bytes !== undefined && start !== undefined) return { entries, bytes, start, at };
  }
  return undefined;
}

function isEntry(file: number, at: number): boolean {
  const mark = readAt(file, at, 4);
  return mark.length === 4 && mark.readUInt32LE(0) === marks.entry;
}

/** Bytes of the central directory that are read at a time. */
const readBytes = 2 ** 20;

/** Bytes of a directory entry without its name, extra fields and comment. */
const entryBytes = 46;

/** Yields the entries of a central directory in order. Throws when their number is not as declared. */
export function* entriesOf(file: number, directory: ZipDirectory): Generator<ZipEntry> {
  const reader = new DirectoryReader(file, directory);
  let count = 0;
  for (;;) {
    const head = reader.take(entryBytes);
    if (head === undefined || head.readUInt32LE(0) !== marks.entry) break;
    const [nameBytes, extraBytes, commentBytes] = [head.readUInt16LE(28), head.readUInt16LE(30), head.readUInt16LE(32)];
    const rest = reader.take(nameBytes + extraBytes + commentBytes);
    if (rest === undefined) throw new Error("Its directory ends in an entry");
    count += 1;
    yield entryOf(head, {
      raw: rest.subarray(0, nameBytes),
      extra: rest.subarray(nameBytes, nameBytes + extraBytes),
      shift: directory.shift,
    });
  }
  // Old programs store the number modulo 2^16.
  if (count !== directory.entries && count % 2 ** 16 !== directory.entries)
    throw new Error(`Its directory has ${count} entries where ${directory.entries} were expected`);
}

class DirectoryReader {
  readonly #file: number;
  readonly #end: number;
  #at: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: number, { start, end }: ZipDirectory) {
    this.#file = file;
    this.#at = start;
    this.#end = end;
  }

  /** Returns the next `count` bytes, or undefined when fewer are left. */
  take(bytes: number): Buffer | undefined {
    if (this.#bytes.length < bytes) {
      const more = readAt(this.#file, this.#at, Math.min(readBytes, this.#end - this.#at));
      this.#at += more.length;
      this.#bytes = Buffer.concat([this.#bytes, more]);
    }
    if (this.#bytes.length < bytes) return undefined;
    const taken = this.#bytes.subarray(0, bytes);
    this.#bytes = this.#bytes.subarray(bytes);
    return taken;
  }
}

/** Systems that archives are made on, by their number in the entry: each has its own encoding of names. */
const hosts = { dos: 0, unix: 3, macOs: 19 } as const;

function entryOf(head: Buffer, { raw, extra, shift }: { raw: Buffer; extra: Buffer; shift: number }): ZipEntry {
  const fields = extraFields(extra);
  const attributes = head.readUInt32LE(38);
  const flags = head.readUInt16LE(8);
  const sizes = { bytes: head.readUInt32LE(24), packedBytes: head.readUInt32LE(20), at: head.readUInt32LE(42) };
  const { bytes, packedBytes, at } = largeSizes(sizes, fields.get(0x0001));
  return {
    name: nameOf(raw, { host: head[5] ?? 0, isUtf8: (flags & 0x0800) !== 0, path: fields.get(0x7075) }),
    flags,
    method: head.readUInt16LE(10),
    sum: head.readUInt32LE(16),
    packedBytes,
    bytes,
    at: at + shift,
    mode: attributes >>> 16,
    isMarkedFolder: (attributes & 0x10) !== 0,
    modified: modifiedTime(fields, { date: head.readUInt16LE(14), time: head.readUInt16LE(12) }),
  };
}

interface Sizes {
  readonly bytes: number;
  readonly packedBytes: number;
  readonly at: number;
}

/** Values that do not fit in 32 bits are in the zip64 field, in this order, and only those. */
function largeSizes(sizes: Sizes, field: Buffer | undefined): Sizes {
  let offset = 0;
  const whole = (value: number): number => {
    if (value !== 0xffffffff || field === undefined) return value;
    const found = field.length < offset + 8 ? undefined : numberOf(field, offset);
    if (found === undefined) throw new Error("An entry's field of large sizes is damaged");
    offset += 8;
    return found;
  };
  return { bytes: whole(sizes.bytes), packedBytes: whole(sizes.packedBytes), at: whole(sizes.at) };
}

/**
 * Returns an entry's name as `unzip` reads it: UTF-8 where the flag says so, unchanged bytes from Unix, and code page 437
 * from MS-DOS and Windows, whose backslashes are separators in names without slashes.
 */
function nameOf(
  raw: Buffer,
  { host, isUtf8, path }: { host: number; isUtf8: boolean; path: Buffer | undefined },
): ByteName {
  const isOfUnix = host === hosts.unix || host === hosts.macOs;
  const name = isUtf8 || isOfUnix ? raw.toString("latin1") : byteName(textOfDos(raw));
  const found = (isUtf8 ? undefined : unicodePath(path, raw)) ?? name;
  return host === hosts.dos && !found.includes("/") ? found.replaceAll("\\", "/") : found;
}

/** The upper half of code page 437, MS-DOS's encoding in America and much of Europe. */
const upperHalf =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const textOfDos = (raw: Buffer): string =>
  raw.toString("latin1").replace(/[\x80-\xff]/g, (letter) => upperHalf[letter.charCodeAt(0) - 0x80] ?? letter);

/** Returns a 64-bit number; undefined when it exceeds the size of any file. */
function numberOf(bytes: Buffer, at: number): number | undefined {
  const number = Number(bytes.readBigUInt64LE(at));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Reads bytes of a file; fewer when it ends earlier. */
export function readAt(file: number, at: number, bytes: number): Buffer {
  const into = Buffer.alloc(bytes);
  let read = 0;
  for (let more = -1; more !== 0 && read < bytes; read += more)
    more = readSync(file, into, read, bytes - read, at + read);
  return into.subarray(0, read);
}
