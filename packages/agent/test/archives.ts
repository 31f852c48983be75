import { crc32, deflateRawSync, gzipSync } from "node:zlib";

// Archives byte by byte: no library writes what an attacker would.

/** One entry of an archive under test. */
export interface Entry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  /** The tar type flag: "0" file, "1" hard link, "2" symbolic link, "3" device, "5" folder, … */
  readonly type?: string;
  readonly link?: string;
  /** Whose it is; whoever packs it when nothing is said. */
  readonly uid?: number;
}

/** A tar archive. Long names go into pax headers, as GNU tar and others do. */
export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(1024)]);
}

/** The same, gzipped. */
export const tgz = (entries: readonly Entry[]): Buffer => gzipSync(tar(entries));

function tarEntry({ name, content = "", mode = 0o644, type = "0", link = "", uid }: Entry): readonly Buffer[] {
  const bytes = Buffer.from(content);
  const isLong = Buffer.byteLength(name) > 100 || Buffer.byteLength(link) > 100 || name.includes("\0");
  const records = paxRecord("path", name) + (link === "" ? "" : paxRecord("linkpath", link));
  return [
    ...(isLong
      ? [
          tarHeader({ name: "pax", size: Buffer.byteLength(records), mode, type: "x", link: "" }),
          padded(Buffer.from(records)),
        ]
      : []),
    tarHeader({ name: name.slice(0, 100), size: bytes.length, mode, type, link: link.slice(0, 100), uid }),
    padded(bytes),
  ];
}

/** A head of a tar archive: one block. */
export function tarHeader(head: {
  name: string;
  size: number;
  mode: number;
  type: string;
  link: string;
  uid?: number | undefined;
}): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  header.write(head.name, 0);
  header.write(octal(head.mode, 7), 100);
  header.write(octal(head.uid ?? process.getuid?.() ?? 0, 7), 108);
  header.write(octal(process.getgid?.() ?? 0, 7), 116);
  header.write(octal(head.size, 11), 124);
  header.write(octal(1_700_000_000, 11), 136);
  header.write("        ", 148);
  header.write(head.type, 156);
  header.write(head.link, 157);
  header.write("ustar\u000000", 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  header[154] = 0;
  return header;
}

/** One record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(rest);
  const digits = String(length + String(length + 2).length).length;
  return `${length + digits}${rest}`;
}

/** Bytes filled up to whole blocks. */
export const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);

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
