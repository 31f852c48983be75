import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "@sluice/aws-protocol";
import type { EcrContext } from "../service/ecr/index.ts";
import type { Records } from "../store/records.ts";
import { findInLayout } from "./find-in-layout.ts";
import { useOfRegistry } from "./find-in-registry.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type FoundImage, otherPlatform } from "./found-image.ts";
import { readConfig } from "./image-config.ts";
import { isOurRegistry, type RegistryPlace } from "./our-registry.ts";
import { runsHere } from "./platform.ts";
import { type FileReference, readReference, type RegistryReference } from "./reference.ts";
import type { ImageConfig, Images, ResolvedImage } from "./resolved-image.ts";
import type { Layer } from "./unpack/job.ts";
import { type UnpackAs, UnpackedImages } from "./unpacked-images.ts";

/** What is written down of an image that has been unpacked. */
export interface UnpackedImage {
  /** The digests of its layers, the lowest first. */
  readonly diffIds: readonly string[];
  /** The files of its layers, once they have proved to be that. */
  readonly files?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
}

/** What images are found and unpacked with. */
export interface ImagesContext extends RegistryPlace {
  readonly ecr: Pick<EcrContext, "db" | "store">;
  readonly unpacked: Records<UnpackedImage>;
  readonly clock: () => number;
  /** Where they are unpacked to: a folder that whoever runs containers sees, as the user `unpackAs` is. */
  readonly folder: string;
  /** As whom they are unpacked; resolves once that is known. */
  readonly unpackAs: () => Promise<UnpackAs>;
}

/** Layers that an image may have: Docker's own limit. */
const layersMax = 127;

/** How long an image stays unpacked after somebody has asked for it, in milliseconds. */
const unpackedMilliseconds = 7 * 24 * 3_600_000;

/** Opens the images that tasks are made of: those of the registry, and those that lie in files. */
export function openImages(context: ImagesContext): Images {
  const store = new UnpackedImages(context.folder, context.unpackAs);
  return {
    async resolve(text) {
      const reference = readReference(text);
      if (reference === undefined) throw cannotPull(`invalid reference format: '${text.slice(0, 300)}'`);
      try {
        return reference.kind === "file"
          ? await ofFiles(context, store, reference)
          : await ofRegistry(context, store, reference);
      } catch (error) {
        if (error instanceof Fault && error.code === code) throw error;
        throw cannotPull(`${error instanceof Error ? error.message : String(error)} (${text})`, error);
      }
    },

    repositoryOf(text) {
      const reference = readReference(text);
      const isOurs = reference?.kind === "registry" && isOurRegistry(context, reference.host);
      return isOurs ? reference.repository : undefined;
    },

    async sweep(isUsed) {
      await store.sweep(() => {
        const since = context.clock() - unpackedMilliseconds;
        const kept: UnpackedImage[] = [];
        for (const { id, record } of context.unpacked.entries())
          if (record.askedAt > since || isUsed(id)) kept.push(record);
          else context.unpacked.delete(id);
        return kept.map(({ diffIds }) => diffIds);
      });
    },

    close: () => store.close(),
  };
}

async function ofRegistry(
  context: ImagesContext,
  store: UnpackedImages,
  reference: RegistryReference,
): Promise<ResolvedImage> {
  const { host, repository, tag, digest } = reference;
  const name = `${host ?? "docker.io"}/${repository}${digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`}`;
  if (!isOurRegistry(context, host))
    throw cannotPull(
      `failed to resolve ref ${name}: images of other registries are not pulled here. Copy it to a repository of this one, as with: skopeo copy docker://${name} docker://localhost:${context.port()}/${repository}:${tag ?? "latest"}`,
    );
  const found = await useOfRegistry(context.ecr, reference, (image) =>
    unpack(context, store, { ...image, isStrangers: true }),
  );
  if (found === undefined) throw cannotPull(`failed to resolve ref ${name}: ${name}: not found`);
  return found;
}

/** A layout, an archive of one, or a folder that is a root file system. */
async function ofFiles(
  context: ImagesContext,
  store: UnpackedImages,
  { path, tag }: FileReference,
): Promise<ResolvedImage> {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw cannotPull(`failed to resolve ref file:${path}: file:${path}: not found`);
  if (stats.isDirectory()) {
    const found = findInLayout(path, tag);
    return found === undefined ? ofRootFolder(context, store, path) : unpack(context, store, found);
  }
  return store.usingArchive(path, async (folder) => {
    const found = findInLayout(folder, tag);
    if (found === undefined) throw new Error("it holds neither an image in OCI's layout nor what docker save writes");
    return unpack(context, store, found);
  });
}

async function ofRootFolder(context: ImagesContext, store: UnpackedImages, folder: string): Promise<ResolvedImage> {
  const digest = await fingerprintOf(folder);
  return unpackLayers(context, store, { digest, layers: [{ folder, diffId: digest }], config: { exposedPorts: [] } });
}

function unpack(
  context: ImagesContext,
  store: UnpackedImages,
  image: FoundImage & { readonly isStrangers?: boolean },
): Promise<ResolvedImage> {
  const { os, architecture, diffIds, config } = readConfig(image.config);
  if (!runsHere({ os, architecture })) throw otherPlatform([{ platform: { os, architecture } }]);
  if (diffIds.length !== image.layers.length || diffIds.length === 0 || diffIds.length > layersMax)
    throw new Error(
      `its manifest names ${image.layers.length} layers, and its config ${diffIds.length}: both must name the same, from 1 to ${layersMax}`,
    );
  const layers = image.layers.map((file, at) => ({ file, diffId: diffIds[at] ?? "" }));
  return unpackLayers(context, store, { digest: image.digest, layers, config, isStrangers: image.isStrangers });
}

async function unpackLayers(
  { unpacked, clock }: ImagesContext,
  store: UnpackedImages,
  {
    digest,
    layers,
    config,
    isStrangers = false,
  }: {
    readonly digest: string;
    readonly layers: readonly Layer[];
    readonly config: ImageConfig;
    /** Anybody may have made it, and not only who may do everything. */
    readonly isStrangers?: boolean | undefined;
  },
): Promise<ResolvedImage> {
  const diffIds = layers.map(({ diffId }) => diffId);
  // An image says itself what its layers unpack to. Who names those of another image is not shown them: each file proves it once.
  const proved = new Set(
    unpacked.all().flatMap((image) => image.files?.map((file, at) => `${file} ${image.diffIds[at]}`) ?? []),
  );
  const isProved = (layer: Layer) => !isStrangers || !("file" in layer) || proved.has(`${layer.file} ${layer.diffId}`);
  unpacked.put(digest, { ...unpacked.find(digest), diffIds, askedAt: clock() });
  const tree = await store.treeOf(
    layers,
    layers.filter((layer) => !isProved(layer)),
  );
  const files = layers.map((layer) => ("file" in layer ? layer.file : ""));
  unpacked.put(digest, { diffIds, files, askedAt: clock() });
  return { digest, layers: [tree], config };
}

/** Why a task stops whose image cannot be had, in AWS's form. */
const cannotPull = (why: string, cause?: unknown): Fault => new Fault(code, `${code}: ${why}`, { cause });

const code = "CannotPullContainerError";

/** Where a cloud keeps its unpacked images, below the folder that its instances' carrier sees. */
export const unpackedFolder = (stateFolder: string): string => join(stateFolder, "images");
