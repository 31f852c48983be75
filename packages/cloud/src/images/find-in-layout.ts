import { existsSync, realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { type Digest, digestOf, hexOf, isDigest, manifestBytesMax } from "../service/ecr/index.ts";
import { configBytesMax } from "./image-config.ts";
import { readWithin } from "./read-within.ts";
import { type FoundImage, imageOf } from "./found-image.ts";

/** The longest list of images that is read, in bytes. */
const listBytesMax = manifestBytesMax;

/** An image in a folder as OCI's image layout has it, or as `docker save` writes it; undefined when the folder is neither. Throws an Error when the image cannot be told, or is not whole. */
export function findInLayout(folder: string, name: string | undefined): FoundImage | undefined {
  if (existsSync(join(folder, "oci-layout"))) return ofLayout(folder, name);
  if (existsSync(join(folder, "manifest.json"))) return ofDocker(folder, name);
  return undefined;
}

/** The annotation of an index that names an image of a layout. */
const nameAnnotation = "org.opencontainers.image.ref.name";

function ofLayout(folder: string, name: string | undefined): FoundImage {
  const blob = (digest: Digest) => join(folder, "blobs", "sha256", hexOf(digest));
  const read = (digest: Digest) => {
    const bytes = readWithin(blob(digest), Math.max(manifestBytesMax, configBytesMax));
    if (digestOf(bytes) !== digest) throw new Error(`its ${digest} has other content`);
    return bytes;
  };
  const list = JSON.parse(readWithin(join(folder, "index.json"), listBytesMax).toString("utf8")) as {
    readonly manifests?: readonly {
      readonly digest?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }; // what is missing is told below
  const all = (list.manifests ?? []).map(({ digest = "", annotations }) => ({
    digest,
    name: annotations?.[nameAnnotation],
  }));
  const { digest } = chosen(all, name);
  if (!isDigest(digest)) throw new Error("its index names no manifest");
  const image = imageOf(read(digest), read);
  if (image.manifest.config === undefined) throw new Error("it has no config");
  return {
    digest: image.digest,
    config: read(image.manifest.config.digest),
    layers: image.manifest.layers.map((layer) => blob(layer.digest)),
  };
}

function ofDocker(folder: string, name: string | undefined): FoundImage {
  const list = JSON.parse(readWithin(join(folder, "manifest.json"), listBytesMax).toString("utf8")) as readonly {
    readonly Config?: string;
    readonly RepoTags?: readonly string[] | null;
    readonly Layers?: readonly string[];
  }[]; // what is missing is told below
  const all = list.flatMap((image) =>
    (image.RepoTags ?? [undefined]).map((tag) => ({ image, name: tag ?? undefined })),
  );
  const { Config = "", Layers = [] } = chosen(all, name).image;
  const config = readWithin(within(folder, Config), configBytesMax);
  return { digest: digestOf(config), config, layers: Layers.map((layer) => within(folder, layer)) };
}

/** The image of that name, or the only one. */
function chosen<Image extends { readonly name?: string | undefined }>(
  all: readonly Image[],
  name: string | undefined,
): Image {
  const found = name === undefined ? all : all.filter((image) => image.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = all
    .map((image) => image.name ?? "without a name")
    .slice(0, 10)
    .join(", ");
  throw new Error(
    name === undefined
      ? `it holds ${all.length} images (${names}): name one with #NAME`
      : `it holds no image '${name}' (but ${names || "none"})`,
  );
}

/** A file of a folder by its name there. */
function within(folder: string, name: string): string {
  const path = resolve(folder, name);
  const isInside =
    path.startsWith(folder + sep) && existsSync(path) && realpathSync(path).startsWith(realpathSync(folder) + sep);
  if (!isInside) throw new Error(`it names the file '${name}', which is not in it`);
  return path;
}
