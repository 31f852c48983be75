import { crc32, deflateRawSync } from "node:zlib";
import type { Entry } from "../../archive/test/tar-archives.ts";

export { type Entry, padded, paxRecord, tar, tarHeader, tgz } from "../../archive/test/tar-archives.ts";

// Zip archives byte by byte: no library writes what an attacker would.

/** What a zip entry may lie about. */
export interface ZipEntry extends Entry {
  readonly claimedSize?: number;
  readonly claimedSum?: number;
  /** The name's bytes, where they are no UTF-8. */
  readonly rawName?: Buffer;
  /** Which system has made it: 0 MS-DOS, 3 Unix. */
  readonly host?: number;
  /** 0x0800: its name is UTF-8; 0x0001: it is encrypted. */
  readonly flags?: number;
  /** How it claims to be packed. */
  readonly method?: number;
  /** MS-DOS's attributes, instead of Unix's mode. */
  readonly attributes?: number;
  /** Its fields in the directory. */
  readonly extra?: Buffer;
}

/** What may stand around a zip archive. */
export interface ZipSurroundings {
  readonly before?: Buffer;
  readonly behind?: Buffer;
  readonly comment?: string;
}

/** A zip archive; modes and types stand where Unix tools put them. */
export function zip(
  entries: readonly ZipEntry[],
  { before = Buffer.alloc(0), behind = Buffer.alloc(0), comment = "" }: ZipSurroundings = {},
): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = zipEntry(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([before, ...locals, directory, end, Buffer.from(comment), behind]);
}

const zipKinds: Readonly<Record<string, number>> = { "0": 0o100000, "2": 0o120000, "3": 0o020000, "5": 0o040000 };

function zipEntry(entry: ZipEntry, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const { type = "0", mode = 0o644, link, host = 3, flags = 0x0800, method = 8, extra = Buffer.alloc(0) } = entry;
  const content = Buffer.from(link ?? entry.content ?? "");
  const packed = method === 0 ? content : deflateRawSync(content);
  const name = entry.rawName ?? Buffer.from(entry.name);
  const fields = Buffer.alloc(26); // what both headers share, from "version needed" on
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(flags, 2);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt32LE(0x5a210000, 6);
  fields.writeUInt32LE(entry.claimedSum ?? crc32(content), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(entry.claimedSize ?? content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), fields, name, packed]);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(entry.attributes ?? (((zipKinds[type] ?? 0) | mode) << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  const named = Buffer.from(fields);
  named.writeUInt16LE(extra.length, 24);
  const central = Buffer.concat([Buffer.from("PK\u0001\u0002"), Buffer.from([20, host]), named, tail, name, extra]);
  return { local, central };
}
