import { createHash } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { byteName, pathOf } from "@sluice/archive";

/** Files and folders that a folder may have to stand for an image. */
const entriesMax = 500_000;

/** A digest of what is in a folder, by the names, sizes, modes and times of its files: another one as soon as one is written. Throws an Error when there are too many. */
export async function fingerprintOf(folder: string): Promise<`sha256:${string}`> {
  const hash = createHash("sha256").update(`${folder}\0`);
  const root = byteName(folder);
  const folders = [""];
  let entries = 0;
  for (let at = folders.pop(); at !== undefined; at = folders.pop())
    for (const name of (await readdir(pathOf(`${root}${at}`), "latin1")).toSorted()) {
      entries += 1;
      if (entries > entriesMax) throw new Error(`it has more than ${entriesMax} files and folders`);
      const path = `${at}/${name}`;
      const found = await lstat(pathOf(`${root}${path}`), { bigint: true });
      hash.update(`${path}\0${found.mode} ${found.size} ${found.ino} ${found.mtimeNs} ${found.ctimeNs}\0`);
      if (found.isDirectory()) folders.push(path);
    }
  return `sha256:${hash.digest("hex")}`;
}
