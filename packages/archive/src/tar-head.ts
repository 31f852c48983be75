import type { ByteName } from "./byte-name.ts";

// What a tar archive says of an entry: a block of 512 bytes, and records of the pax form that go before it and overrule it.

/** Bytes of a block: each head is one, each content is filled up to whole ones. */
export const blockBytes = 512;

/** What an archive says of one entry. */
export interface TarHead {
  readonly name: ByteName;
  /** One character: "0" a file, "1" a hard link, "2" a symbolic link, "5" a folder, "S" a sparse file, and others. */
  readonly type: string;
  /** What a link leads to. */
  readonly link: ByteName;
  /** Bytes of content. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The owners' names where it was made; empty when it does not say. */
  readonly user: string;
  readonly group: string;
  readonly modified: Date;
}

/** Where a field of the block lies. */
type Field = readonly [start: number, end: number];

const fields = {
  name: [0, 100],
  mode: [100, 108],
  uid: [108, 116],
  gid: [116, 124],
  size: [124, 136],
  modified: [136, 148],
  sum: [148, 156],
  type: [156, 157],
  link: [157, 257],
  magic: [257, 263],
  user: [265, 297],
  group: [297, 329],
  prefix: [345, 500],
} as const satisfies Record<string, Field>;

/** The number that the system takes for "nobody in particular", and those above it are not owners. */
const ownerMax = 2 ** 32 - 2;

/** The furthest time that a date can tell, in seconds. */
const secondsMax = 8.64e12;

/** Reads a head. Undefined for a block of zeros, which stands at the end. Throws when it is damaged. */
export function readHead(block: Buffer): TarHead | undefined {
  const { sum, signed } = checksums(block);
  if (sum === emptySum) return undefined;
  const said = numberIn(block, "sum");
  if (said !== sum && said !== signed) throw new Error("A header's checksum is not that of its content");
  // Only the POSIX form has a prefix; GNU's own keeps other things there.
  const prefix = block.toString("latin1", ...fields.magic) === "ustar\0" ? textIn(block, fields.prefix) : "";
  const name = textIn(block, fields.name);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type: block.toString("latin1", ...fields.type).replace("\0", "0"),
    link: textIn(block, fields.link),
    mode: numberIn(block, "mode"),
    size: within("size", numberIn(block, "size"), [0, Number.MAX_SAFE_INTEGER]),
    uid: within("uid", numberIn(block, "uid"), [0, ownerMax]),
    gid: within("gid", numberIn(block, "gid"), [0, ownerMax]),
    ...ownerNames(block),
    modified: dateOf(numberIn(block, "modified")),
  };
}

/** POSIX's form has them, and GNU's. */
function ownerNames(block: Buffer): Pick<TarHead, "user" | "group"> {
  const has = block.toString("latin1", ...fields.magic).startsWith("ustar");
  return { user: has ? textIn(block, fields.user) : "", group: has ? textIn(block, fields.group) : "" };
}

/** What a head says itself of a sparse file, in GNU's old form: places of its parts, and whether another block of them follows. */
export function readSparsePlaces(block: Buffer, form: "head" | "more") {
  const { from, parts, more } =
    form === "head" ? { from: 386, parts: 4, more: 482 } : { from: 0, parts: 21, more: 504 };
  const places: (readonly [offset: number, bytes: number])[] = [];
  for (let at = from; at < from + parts * 24 && block[at] !== 0; at += 24)
    places.push([numberAt(block, [at, at + 12], "place"), numberAt(block, [at + 12, at + 24], "place")]);
  return { places, isContinued: (block[more] ?? 0) !== 0 };
}

/** The size of a sparse file in GNU's old form, its holes included. */
export const sparseSize = (block: Buffer): number => numberAt(block, [483, 495], "real size");

/** A head as the records before it have it. */
export function overruled(head: TarHead, records: ReadonlyMap<string, string>): TarHead {
  const number = (key: "size" | "uid" | "gid", max: number) =>
    records.has(key) ? within(key, decimal(records.get(key)), [0, max]) : head[key];
  return {
    ...head,
    name: records.get("path") ?? head.name,
    link: records.get("linkpath") ?? head.link,
    size: number("size", Number.MAX_SAFE_INTEGER),
    uid: number("uid", ownerMax),
    gid: number("gid", ownerMax),
    user: records.get("uname") ?? head.user,
    group: records.get("gname") ?? head.group,
    modified: records.has("mtime") ? dateOf(decimal(records.get("mtime"))) : head.modified,
  };
}

/** The records that are read. All others are left out at once: what is kept of them must not grow with the archive. */
const known = new Set(["path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime"]);
const sparseKeys = new Set(["major", "minor", "name", "size", "realsize", "map"].map((key) => `GNU.sparse.${key}`));
const isKnown = (key: string): boolean => known.has(key) || sparseKeys.has(key);

/**
 * Reads pax records: `LENGTH KEY=VALUE\n`, LENGTH being that of the whole. Those without a value say nothing. Of those
 * that stand there several times the last one counts, but for the places of a sparse file: `places` takes each.
 */
export function readRecords(bytes: Buffer, places: string[] = []): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(" ", at);
    const digits = bytes.toString("latin1", at, space);
    const end = at + Number(digits);
    const equals = bytes.indexOf("=", space);
    if (!/^[1-9]\d{0,9}$/.test(digits) || equals === -1 || equals >= end || bytes[end - 1] !== newline)
      throw new Error("A pax header is not made of records");
    const key = bytes.toString("latin1", space + 1, equals);
    const value = bytes.toString("latin1", equals + 1, end - 1);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") places.push(value);
    if (value !== "" && isKnown(key)) records.set(key, value);
    at = end;
  }
  return records;
}

const newline = 0x0a;

/** The sum of all bytes, the sum's own field taken for spaces; and as the oldest programs have it, which took bytes for signed numbers. */
function checksums(block: Buffer): { readonly sum: number; readonly signed: number } {
  const [start, end] = fields.sum;
  let sum = emptySum;
  let high = 0;
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = at >= start && at < end ? 0 : (block[at] ?? 0);
    sum += byte;
    high += byte >> 7;
  }
  return { sum, signed: sum - 256 * high };
}

const emptySum = 8 * 0x20;

/** Text up to the first NUL. */
export function textIn(bytes: Buffer, [start, end]: Field = [0, bytes.length]): string {
  const nul = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, nul === -1 ? end : Math.min(nul, end));
}

/** A number in octal digits, or in base 256 when they do not suffice: then the first bit is set. */
const numberIn = (block: Buffer, field: keyof typeof fields): number => numberAt(block, fields[field], field);

function numberAt(block: Buffer, [start, end]: Field, field: string): number {
  if (((block[start] ?? 0) & 0x80) !== 0) {
    const bits = (end - start) * 8 - 1;
    return Number(BigInt.asIntN(bits, BigInt(`0x${block.toString("hex", start, end)}`)));
  }
  const digits = /^[ \0]*([0-7]*)(?:[ \0]|$)/.exec(block.toString("latin1", start, end))?.[1];
  if (digits === undefined) throw new Error(`A header's ${field} is not a number`);
  return Number.parseInt(digits || "0", 8);
}

/** A number as a record has it; NaN when it is none. */
const decimal = (text = ""): number => (/^-?\d+(\.\d*)?$/.test(text) ? Number(text) : Number.NaN);

function within(what: string, value: number, [min, max]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`A header's ${what} is ${value}, which cannot be`);
}

function dateOf(seconds: number): Date {
  if (Math.abs(seconds) <= secondsMax) return new Date(seconds * 1000);
  throw new Error(`A header's time is ${seconds}, which cannot be`);
}
