import type * as Ecr from "@aws-sdk/client-ecr";
import { Fault } from "@sluice/aws-protocol";
import { type EcrContext, type EcrOperations, invalidParameter, repositoryOf } from "./context.ts";
import type { Repository } from "./repository.ts";
import { isDigest } from "./digest.ts";
import {
  bodyOf,
  deleteImage,
  findImage,
  type ImageRow,
  imagesOf,
  indexesOf,
  putManifest,
  tagsOf,
} from "./image-rows.ts";
import { page } from "./page.ts";

/** Images that one request may name: ECR's own limit. */
const imageIdsMax = 100;

/** Bytes of manifests that one response has. */
const manifestsBytesMax = 64 * 1024 * 1024;

/** Refuses requests that name more images than ECR takes. */
export function checkImageIds({ imageIds }: Readonly<Record<string, unknown>>): void {
  if (Array.isArray(imageIds) && imageIds.length > imageIdsMax)
    throw invalidParameter("imageIds", `Member must have length less than or equal to ${imageIdsMax}`);
}

/** Operations on images. */
export const imageOperations: EcrOperations = {
  PutImage(context, input) {
    const repository = repositoryOf(context, input);
    const { imageManifest = "", imageManifestMediaType: mediaType, imageDigest, imageTag: tag } = input;
    const body = Buffer.from(imageManifest);
    const { digest, isNew } = putManifest(context, repository, { body, mediaType, digest: imageDigest, tag });
    if (!isNew)
      throw new Fault(
        "ImageAlreadyExistsException",
        `Image with digest '${digest}' and tag '${tag ?? "null"}' already exists in the repository with name '${repository.name}' in registry with id '${context.accountId}'`,
      );
    const row = findImage(context, repository.name, { imageDigest: digest });
    return { image: row && asImage(context, row, tag) };
  },

  BatchGetImage(context, input) {
    const { name } = repositoryOf(context, input);
    const [images, failures]: [Ecr.Image[], Ecr.ImageFailure[]] = [[], []];
    let bytes = 0;
    for (const imageId of input.imageIds ?? []) {
      const row = findImage(context, name, imageId);
      bytes += row?.body_bytes ?? 0;
      if (bytes > manifestsBytesMax)
        throw invalidParameter("imageIds", `their manifests must have at most ${manifestsBytesMax} bytes together`);
      if (row === undefined) failures.push(failure(context, name, imageId));
      else images.push(asImage(context, row, imageId.imageTag));
    }
    return { images, failures };
  },

  BatchDeleteImage(context, input) {
    const { name } = repositoryOf(context, input);
    const [imageIds, failures]: [Ecr.ImageIdentifier[], Ecr.ImageFailure[]] = [[], []];
    for (const imageId of input.imageIds ?? []) {
      const deleted = deleteOne(context, name, imageId);
      if (Array.isArray(deleted)) imageIds.push(...deleted);
      else failures.push(deleted);
    }
    return { imageIds, failures };
  },

  ListImages(context, input) {
    const { name } = repositoryOf(context, input);
    const ids = imagesOf(context, name).flatMap((row): Ecr.ImageIdentifier[] => {
      const tags = tagsOf(context, row);
      if (tags.length === 0) return [{ imageDigest: row.digest }];
      return tags.map((imageTag) => ({ imageDigest: row.digest, imageTag }));
    });
    const chosen = ids.filter(({ imageTag }) => isChosen(input.filter?.tagStatus, imageTag !== undefined));
    const shown = page(chosen, input, ({ imageDigest = "", imageTag = "" }) => `${imageDigest} ${imageTag}`);
    return { imageIds: shown.items, nextToken: shown.nextToken };
  },

  DescribeImages(context, input) {
    const repository = repositoryOf(context, input);
    if (input.imageIds !== undefined && input.imageIds.length > 0) {
      const rows = input.imageIds.map((imageId) => imageOf(context, repository, imageId));
      return { imageDetails: rows.map((row) => detail(context, row)) };
    }
    const all = imagesOf(context, repository.name);
    const chosen = all.filter((row) => isChosen(input.filter?.tagStatus, tagsOf(context, row).length > 0));
    const shown = page(chosen, input, ({ digest }) => digest);
    return { imageDetails: shown.items.map((row) => detail(context, row)), nextToken: shown.nextToken };
  },
};

function imageOf(context: EcrContext, { name }: Repository, imageId: Ecr.ImageIdentifier): ImageRow {
  const row = findImage(context, name, imageId);
  if (row !== undefined) return row;
  const { imageDigest = "null", imageTag = "null" } = imageId;
  throw new Fault(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${imageDigest.slice(0, 100)}', imageTag:'${imageTag.slice(0, 128)}'} does not exist within the repository with name '${name}' in the registry with id '${context.accountId}'`,
  );
}

const isChosen = (status: Ecr.TagStatus | undefined, isTagged: boolean): boolean =>
  status === undefined || status === "ANY" || (status === "TAGGED") === isTagged;

/** Deletes an image, or takes a tag from it: with its last tag it goes, too. Returns what was deleted, or why nothing was. */
function deleteOne(
  context: EcrContext,
  name: string,
  imageId: Ecr.ImageIdentifier,
): Ecr.ImageIdentifier[] | Ecr.ImageFailure {
  const row = findImage(context, name, imageId);
  if (row === undefined) return failure(context, name, imageId);
  const tags = tagsOf(context, row);
  const { imageTag } = imageId;
  if (imageTag !== undefined && tags.length > 1) {
    context.db.run("DELETE FROM image_tags WHERE repository = ? AND tag = ?", name, imageTag);
    return [{ imageDigest: row.digest, imageTag }];
  }
  const [index, ...others] = indexesOf(context, row);
  if (index !== undefined && imageTag !== undefined) {
    // The list goes on needing the image, which is then one without a tag.
    context.db.run("DELETE FROM image_tags WHERE repository = ? AND tag = ?", name, imageTag);
    return [{ imageDigest: row.digest, imageTag }];
  }
  if (index !== undefined)
    return {
      imageId,
      failureCode: "ImageReferencedByManifestList",
      failureReason: `Requested image referenced by manifest list: [${[index, ...others].join(", ")}]`,
    };
  deleteImage(context, row);
  return tags.length === 0
    ? [{ imageDigest: row.digest }]
    : tags.map((tag) => ({ imageDigest: row.digest, imageTag: tag }));
}

function failure(context: EcrContext, name: string, imageId: Ecr.ImageIdentifier): Ecr.ImageFailure {
  const { imageDigest, imageTag } = imageId;
  const because = (failureCode: Ecr.ImageFailureCode, failureReason: string) => ({
    imageId,
    failureCode,
    failureReason,
  });
  if (imageDigest === undefined && imageTag === undefined)
    return because("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  if (imageDigest !== undefined && !isDigest(imageDigest))
    return because(
      "InvalidImageDigest",
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    );
  if (imageDigest !== undefined && findImage(context, name, { imageDigest }) !== undefined)
    return because("ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest");
  return because("ImageNotFound", "Requested image not found");
}

function asImage(context: EcrContext, row: ImageRow, imageTag: string | undefined): Ecr.Image {
  return {
    registryId: context.accountId,
    repositoryName: row.repository,
    imageId: { imageDigest: row.digest, imageTag },
    imageManifest: Buffer.from(bodyOf(context, row)).toString("utf8"),
    imageManifestMediaType: row.media_type,
  };
}

function detail(context: EcrContext, row: ImageRow): Ecr.ImageDetail {
  const tags = tagsOf(context, row);
  return {
    registryId: context.accountId,
    repositoryName: row.repository,
    imageDigest: row.digest,
    imageTags: tags.length === 0 ? undefined : tags,
    imageSizeInBytes: row.size,
    imagePushedAt: new Date(row.pushed_at),
    imageManifestMediaType: row.media_type,
    artifactMediaType: row.artifact_type ?? undefined,
    lastRecordedPullTime: row.pulled_at === null ? undefined : new Date(row.pulled_at),
  };
}
