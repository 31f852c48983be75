import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { printable } from "@sluice/aws-protocol/printable";
import tar from "tar-stream";
import { type BackupManifest, manifestBytesMax, manifestName, readManifest } from "./manifest.ts";
import { programName } from "../environment.ts";

/**
 * Makes a data folder of a backup. The folder must be empty, or not be there: it gets everything, or nothing. Returns a
 * sentence for people. Throws one clear sentence.
 */
export async function restore(from: string, dataFolder: string): Promise<string> {
  const file = resolve(from);
  if (existsSync(dataFolder) && readdirSync(dataFolder).length > 0)
    throw new Error(
      `Cannot restore into "${dataFolder}": it is not empty. Name another folder with --data, or move this one away`,
    );
  const made = `${dataFolder}.restoring`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true, mode: 0o700 });
  try {
    const manifest = await unpack(file, made);
    rmSync(dataFolder, { recursive: true, force: true });
    renameSync(made, dataFolder);
    return `Restored ${dataFolder} as it was at ${printable(manifest.at)}. Start it where hosts reach it: ${programName} server --data ${dataFolder}`;
  } catch (cause) {
    throw new Error(`Cannot restore "${file}"`, { cause });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Writes the files of a backup that its list names, and checks each against it. */
async function unpack(file: string, to: string): Promise<BackupManifest> {
  const archive = createReadStream(file).on("error", (error) => extract.destroy(error));
  const extract = tar.extract();
  archive.pipe(extract);
  let manifest: BackupManifest | undefined;
  const wanted = new Map<string, BackupManifest["files"][number]>();
  try {
    for await (const entry of extract) {
      const content = entry as unknown as AsyncIterable<Buffer>; // without an encoding it gives bytes
      const { name, type } = entry.header;
      if (manifest === undefined) {
        if (name !== manifestName) throw new Error(`it is no backup: its first entry is not ${manifestName}`);
        manifest = readManifest(await textOf(content));
        for (const listed of manifest.files) wanted.set(listed.name, listed);
        continue;
      }
      const listed = wanted.get(name);
      if (type !== "file" || listed === undefined)
        throw new Error(`it has an entry that its list does not name: ${printable(name, 100)}`);
      wanted.delete(name);
      await write(content, join(to, name), listed);
    }
  } finally {
    archive.destroy();
  }
  const [missing] = wanted.keys();
  if (manifest === undefined || missing !== undefined)
    throw new Error(`it is cut off${missing === undefined ? "" : `: ${missing} is missing`}`);
  return manifest;
}

async function textOf(entry: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of entry) {
    size += part.length;
    if (size > manifestBytesMax) throw new Error(`${manifestName} has more than ${manifestBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

async function write(
  entry: AsyncIterable<Buffer>,
  path: string,
  { name, size, sha256 }: BackupManifest["files"][number],
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  let found = 0;
  const measure = new Transform({
    transform(part: Buffer, _encoding, done) {
      found += part.length;
      hash.update(part);
      done(null, part);
    },
  });
  await pipeline(entry, measure, createWriteStream(path, { mode: 0o600, flags: "wx", flush: true }));
  if (found !== size || hash.digest("hex") !== sha256) throw new Error(`${name} is not as it was written`);
}
