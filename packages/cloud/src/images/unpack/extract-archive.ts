import { createReadStream, mkdirSync, statSync } from "node:fs";
import { byteName, EntryRules, TarReader, TreeWriter } from "@sluice/archive";

/** What an archive of an image may hold: as many blobs as a large image has, and as many bytes. */
const limits = { bytesMax: 50 * 2 ** 30, entriesMax: 20_000, ratioMax: 1_000 } as const;

/** Unpacks a tar archive that holds an image in OCI's layout, or what `docker save` writes, into a new folder. */
export async function extractArchive(file: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const rules = new EntryRules({ noun: "archive", root: folder, bytes: statSync(file).size }, limits);
  const writer = new TreeWriter(rules, byteName(folder));
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const reader = new TarReader(source, { passing: (bytes) => rules.count("", bytes), warn: () => {} });
  try {
    for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
      const { name, type, link } = head;
      if (type === "5") writer.folder(name);
      else if (type === "0") await writer.file(name, reader.content(), () => {});
      else if (type === "1") writer.hardLink(name, link);
      else if (type === "2") writer.symbolicLink(name, link); // `docker save` has named layers of several images so
    }
    writer.makeLinks(() => {});
  } finally {
    source.destroy();
  }
}
