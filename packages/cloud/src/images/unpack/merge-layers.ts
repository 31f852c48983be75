import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { type ByteName, byteName, pathOf } from "@sluice/archive";
import { readMarks } from "./layer-marks.ts";

/**
 * Makes one folder of unpacked layers, the lowest first. Files are further names of the layers' own, so that images that
 * share layers share their bytes. Nothing of a layer is reached through a link of another one.
 */
export function mergeLayers(layers: readonly string[], target: string): void {
  mkdirSync(target);
  for (const layer of layers) {
    const { whiteouts, opaque, implied } = readMarks(layer);
    const to = byteName(target);
    for (const folder of opaque) empty(to, folder);
    for (const name of whiteouts) remove(to, name);
    overlay(byteName(join(layer, "tree")), to, new Set(implied));
  }
}

/** Puts all of a layer over what is there. */
function overlay(layer: ByteName, target: ByteName, implied: ReadonlySet<ByteName>): void {
  const folders: ByteName[] = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    takeFolder(`${layer}${folder}`, `${target}${folder}`, { isImplied: implied.has(folder.slice(1)) });
    for (const name of readdirSync(pathOf(`${layer}${folder}`), "latin1")) {
      const path = `${folder}/${name}`;
      if (lstatSync(pathOf(`${layer}${path}`)).isDirectory()) folders.push(path);
      else takeFile(`${layer}${path}`, `${target}${path}`);
    }
  }
}

function takeFolder(from: ByteName, to: ByteName, { isImplied }: { readonly isImplied: boolean }): void {
  const there = statOf(to);
  if (there?.isDirectory() === true && isImplied) return;
  if (there?.isDirectory() !== true) {
    if (there !== undefined) rmSync(pathOf(to));
    mkdirSync(pathOf(to));
  }
  const { uid, gid, mode } = lstatSync(pathOf(from));
  const made = lstatSync(pathOf(to));
  if (made.uid !== uid || made.gid !== gid) chownSync(pathOf(to), uid, gid);
  chmodSync(pathOf(to), mode & 0o7777);
}

function takeFile(from: ByteName, to: ByteName): void {
  if (statOf(to) !== undefined) rmSync(pathOf(to), { recursive: true });
  linkSync(pathOf(from), pathOf(to)); // a symbolic link becomes one more name of that link
}

/** Removes what lower layers have at a path. */
function remove(target: ByteName, path: ByteName): void {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  if (isFolder(target, folder)) rmSync(pathOf(`${target}/${path}`), { recursive: true, force: true });
}

/** Removes what lower layers have in a folder. */
function empty(target: ByteName, folder: ByteName): void {
  if (!isFolder(target, folder)) return;
  const at = folder === "" ? target : `${target}/${folder}`;
  for (const name of readdirSync(pathOf(at), "latin1"))
    rmSync(pathOf(`${at}/${name}`), { recursive: true, force: true });
}

/** Whether a path leads to a folder through folders alone: a link might lead out of the target. */
function isFolder(target: ByteName, path: ByteName): boolean {
  let at = target;
  for (const part of path === "" ? [] : path.split("/")) {
    at = `${at}/${part}`;
    if (statOf(at)?.isDirectory() !== true) return false;
  }
  return true;
}

const statOf = (path: ByteName): Stats | undefined => lstatSync(pathOf(path), { throwIfNoEntry: false });
