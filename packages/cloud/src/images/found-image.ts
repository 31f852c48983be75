import { type Descriptor, type Digest, digestOf, isIndex, type Manifest, readManifest } from "../service/ecr/index.ts";
import { hostPlatform, platformName, runsHere } from "./platform.ts";

/** An image whose parts are files of this machine. */
export interface FoundImage {
  readonly digest: Digest;
  /** The bytes of its config. */
  readonly config: Uint8Array;
  /** The files of its layers, the lowest first: tar archives, compressed or not. */
  readonly layers: readonly string[];
}

/** How deep an index may lead to another one. */
const depthMax = 4;

/** The image that a manifest leads to: itself, or the one of an index that runs here. Throws an Error when there is none. */
export function imageOf(
  bytes: Uint8Array,
  read: (digest: Digest) => Uint8Array,
  depth = 0,
): { readonly digest: Digest; readonly manifest: Manifest } {
  const manifest = readManifest(bytes);
  if (!isIndex(manifest)) return { digest: digestOf(bytes), manifest };
  const chosen = manifest.manifests.find(({ platform }) => platform !== undefined && runsHere(platform));
  const [only, ...others] = manifest.manifests;
  const next = chosen ?? (others.length === 0 && only?.platform === undefined ? only : undefined);
  if (next === undefined || depth >= depthMax) throw otherPlatform(manifest.manifests);
  return imageOf(read(next.digest), read, depth + 1);
}

/** AWS's words for an image that does not run here, and what it is for. */
export function otherPlatform(found: readonly Pick<Descriptor, "platform">[]): Error {
  const names = new Set(found.flatMap(({ platform }) => (platform === undefined ? [] : [platformName(platform)])));
  const isFor = names.size === 0 ? "" : `: it is for ${[...names].slice(0, 10).join(", ")}`;
  return new Error(
    `image Manifest does not contain descriptor matching platform '${platformName(hostPlatform)}'${isFor}`,
  );
}
