import {
  chmodSync,
  chownSync,
  copyFileSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { type ByteName, byteName, pathOf } from "@sluice/archive";
import { writeMarks } from "./layer-marks.ts";
import type { ownersOf } from "./owners.ts";

/** A folder that stands for a layer. */
export interface FolderLayer {
  readonly folder: string;
  /** A digest of what is in it: another one when that has changed. */
  readonly diffId: string;
}

/** Copies a folder as if it were a layer whose files all belong to root: files, folders and links, and nothing else. */
export function copyFolder({ folder: source }: FolderLayer, folder: string, owners: ReturnType<typeof ownersOf>): void {
  const [from, to] = [byteName(source), byteName(join(folder, "tree"))];
  const root = owners?.({ uid: 0, gid: 0 });
  const own = (path: ByteName) => root !== undefined && lchownSync(pathOf(path), root.uid, root.gid);
  const folders: ByteName[] = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    mkdirSync(pathOf(`${to}${at}`));
    if (root !== undefined) chownSync(pathOf(`${to}${at}`), root.uid, root.gid);
    chmodSync(pathOf(`${to}${at}`), (lstatSync(pathOf(`${from}${at}`)).mode & 0o1777) | 0o700);
    for (const name of readdirSync(pathOf(`${from}${at}`), "latin1")) {
      const path = `${at}/${name}`;
      const found = lstatSync(pathOf(`${from}${path}`));
      if (found.isDirectory()) folders.push(path);
      else if (found.isSymbolicLink()) {
        symlinkSync(readlinkSync(pathOf(`${from}${path}`), "buffer"), pathOf(`${to}${path}`));
        own(`${to}${path}`);
      } else if (found.isFile()) {
        copyFileSync(pathOf(`${from}${path}`), pathOf(`${to}${path}`), constants.COPYFILE_FICLONE);
        own(`${to}${path}`);
        chmodSync(pathOf(`${to}${path}`), found.mode & 0o777);
      }
    }
  }
  writeMarks(folder, { whiteouts: [], opaque: [], implied: [] });
}
