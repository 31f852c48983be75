import { gzipSync } from "node:zlib";

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
