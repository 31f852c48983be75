import type { FolderLayer } from "./copy-folder.ts";
import type { OwnerIds } from "./owners.ts";
import type { PackedLayer } from "./unpack-layer.ts";

/** What the process that unpacks is asked for: one job, as JSON on its standard input. It runs as whoever may give files to the users of images. */
export type Job =
  | {
      readonly op: "unpack";
      readonly folders: ImageFolders;
      /** The lowest first. */
      readonly layers: readonly Layer[];
      /** Those of them that are read although they are there: to learn whether their files are what they are said to be. */
      readonly unverified: readonly Layer[];
      /** The name of the folder that they are merged to. */
      readonly tree: string;
      readonly owners: OwnerIds;
    }
  | { readonly op: "extract"; readonly file: string; readonly folder: string }
  | { readonly op: "remove"; readonly folders: readonly string[] };

/** A layer that is to be unpacked. */
export type Layer = PackedLayer | FolderLayer;

/** Where unpacked images lie. */
export interface ImageFolders {
  /** A folder for each layer, by its digest in hex. */
  readonly layers: string;
  /** A folder for each image of several layers: their files under further names. */
  readonly trees: string;
}

/** Returns the name of a layer's folder: its digest in hex. */
export const layerName = (diffId: string): string => diffId.replace("sha256:", "");

/** What it answers, as JSON on its standard output: nothing when it is done. */
export interface JobAnswer {
  readonly trouble?: string | undefined;
}
