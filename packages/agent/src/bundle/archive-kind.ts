import { open } from "node:fs/promises";
import { blockBytes, readHead } from "@sluice/archive";

/** The first bytes of files that may be taken for bundles. */
const kinds: readonly { readonly name: string; readonly begins: string }[] = [
  { name: "gzip", begins: "\x1f\x8b" },
  { name: "bzip2", begins: "BZh" },
  { name: "xz", begins: "\xfd7zXZ\0" },
  { name: "zstd", begins: "\x28\xb5\x2f\xfd" },
  { name: "lz4", begins: "\x04\x22\x4d\x18" },
  { name: "lzip", begins: "LZIP" },
  { name: "lzop", begins: "\x89LZO\0" },
  { name: "compress", begins: "\x1f\x9d" },
  { name: "lzma", begins: "\x5d\0\0" },
  { name: "7z", begins: "7z\xbc\xaf\x27\x1c" },
  { name: "rar", begins: "Rar!\x1a\x07" },
  { name: "zip", begins: "PK\x03\x04" },
  { name: "zip", begins: "PK\x05\x06" },
  { name: "HTML", begins: "<!doctype html" },
  { name: "HTML", begins: "<html" },
  { name: "XML", begins: "<?xml" },
];

/** What to do about a bundle of another kind than was declared. */
const remedies: Readonly<Record<string, string>> = {
  gzip: "deploy it with the bundle type tgz",
  tar: "deploy it with the bundle type tar",
  zip: "deploy it with the bundle type zip",
};

/** Returns the kind of a file by its first bytes; undefined when they are of no known kind. */
export async function archiveKind(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, 0);
    if (bytesRead === blockBytes && isTarHead(buffer)) return "tar"; // first of all: a tar archive begins with a file name, which could look like any other kind
    const text = buffer.toString("latin1", 0, bytesRead).toLowerCase();
    return kinds.find(({ begins }) => text.startsWith(begins.toLowerCase()))?.name;
  } finally {
    await file.close();
  }
}

function isTarHead(block: Buffer): boolean {
  try {
    return readHead(block) !== undefined;
  } catch {
    return false; // the checksum is not an octal number
  }
}

/** Returns the message for a bundle of another kind than was declared. */
export function ofOtherKind(kind: string, wanted: "tar" | "zip"): string {
  const others = wanted === "tar" ? "a tar archive, plain or gzipped," : "a zip archive";
  return `This is ${kind}, and ${others} was expected: ${remedies[kind] ?? "pack it as tar, tgz or zip"}`;
}
