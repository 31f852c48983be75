import { blobsOf, bodyOf, type Digest, type EcrContext, findImage } from "../service/ecr/index.ts";
import { configBytesMax } from "./image-config.ts";
import { readWithin } from "./read-within.ts";
import { type FoundImage, imageOf } from "./found-image.ts";
import type { RegistryReference } from "./reference.ts";

/** Uses the image that a reference names in the registry of this house: nobody deletes its blobs meanwhile. Undefined when there is none. */
export async function useOfRegistry<Result>(
  context: Pick<EcrContext, "db" | "store">,
  { repository, tag, digest }: RegistryReference,
  use: (image: FoundImage) => Promise<Result>,
): Promise<Result | undefined> {
  const imageId = digest === undefined ? { imageTag: tag ?? "latest" } : { imageDigest: digest };
  const row = findImage(context, repository, imageId);
  if (row === undefined) return undefined;
  const { digest: found, manifest } = imageOf(bodyOf(context, row), (one) => manifestOf(context, repository, one));
  const { config, layers } = manifest;
  if (config === undefined) throw new Error("it has no config");
  return context.store.holding(blobsOf(manifest), async () =>
    use({
      digest: found,
      config: readWithin(context.store.pathOf(config.digest), configBytesMax),
      layers: layers.map((layer) => context.store.pathOf(layer.digest)),
    }),
  );
}

function manifestOf(context: Pick<EcrContext, "db">, repository: string, digest: Digest): Uint8Array {
  const row = findImage(context, repository, { imageDigest: digest });
  if (row === undefined) throw new Error(`the manifest ${digest} that its index names is not there`);
  return bodyOf(context, row);
}
