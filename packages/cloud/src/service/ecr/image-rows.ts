import type { ImageIdentifier } from "@aws-sdk/client-ecr";
import { Fault } from "@sluice/aws-protocol";
import type { EcrContext } from "./context.ts";
import type { Repository } from "./repository.ts";
import { type Digest, digestOf, isDigest, isTag } from "./digest.ts";
import { blobsOf, type Manifest, readManifest, sizeOf } from "./manifest.ts";

/** A manifest's row, without the manifest itself: many of them are listed. */
export interface ImageRow {
  readonly repository: string;
  readonly digest: Digest;
  readonly media_type: string;
  /** Bytes of the manifest. */
  readonly body_bytes: number;
  /** Bytes of its blobs. */
  readonly size: number;
  readonly artifact_type: string | null;
  readonly pushed_at: number;
  readonly pulled_at: number | null;
}

const columns = "repository, digest, media_type, length(body) AS body_bytes, size, artifact_type, pushed_at, pulled_at";

/** All images of a repository, in order of their digests. */
export const imagesOf = ({ db }: Pick<EcrContext, "db">, repository: string): readonly ImageRow[] =>
  db.all<ImageRow>(`SELECT ${columns} FROM image_manifests WHERE repository = ? ORDER BY digest`, repository);

/** A page of the images that say something about another one, in order of their digests. */
export const referrersOf = (
  { db }: Pick<EcrContext, "db">,
  { repository, subject, after, countMax }: { repository: string; subject: Digest; after: string; countMax: number },
): readonly ImageRow[] =>
  db.all<ImageRow>(
    `SELECT ${columns} FROM image_manifests WHERE repository = ? AND subject = ? AND digest > ? ORDER BY digest LIMIT ?`,
    ...[repository, subject, after, countMax],
  );

/** The bytes of an image's manifest. */
export const bodyOf = (
  { db }: Pick<EcrContext, "db">,
  { repository, digest }: Pick<ImageRow, "repository" | "digest">,
): Uint8Array =>
  db.get<{ body: Uint8Array }>(
    "SELECT body FROM image_manifests WHERE repository = ? AND digest = ?",
    ...[repository, digest],
  )?.body ?? new Uint8Array();

/** An image by its digest or one of its tags; undefined when the repository has none. With both, both must fit. */
export function findImage(
  { db }: Pick<EcrContext, "db">,
  repository: string,
  { imageDigest, imageTag }: ImageIdentifier,
): ImageRow | undefined {
  const digest =
    imageTag === undefined
      ? imageDigest
      : db.get<{ digest: string }>(
          "SELECT digest FROM image_tags WHERE repository = ? AND tag = ?",
          repository,
          imageTag,
        )?.digest;
  if (digest === undefined || (imageDigest !== undefined && digest !== imageDigest)) return undefined;
  return db.get<ImageRow>(
    `SELECT ${columns} FROM image_manifests WHERE repository = ? AND digest = ?`,
    ...[repository, digest],
  );
}

/** The tags of an image, in order. */
export const tagsOf = (
  { db }: Pick<EcrContext, "db">,
  { repository, digest }: Pick<ImageRow, "repository" | "digest">,
) =>
  db
    .all<{ tag: string }>(
      "SELECT tag FROM image_tags WHERE repository = ? AND digest = ? ORDER BY tag",
      repository,
      digest,
    )
    .map(({ tag }) => tag);

/** A manifest that somebody wants to keep. */
export interface PushedManifest {
  readonly body: Uint8Array;
  /** What its sender says that it is. */
  readonly mediaType?: string | undefined;
  /** What its sender says that its digest is. */
  readonly digest?: string | undefined;
  readonly tag?: string | undefined;
}

/** Keeps a manifest in a repository that has everything that it names, and gives it a tag. Faults are ECR's. */
export function putManifest(
  context: EcrContext,
  repository: Repository,
  { body, mediaType, digest: said, tag }: PushedManifest,
): { readonly digest: Digest; readonly manifest: Manifest; readonly isNew: boolean } {
  const { db, clock } = context;
  const digest = digestOf(body);
  if (said !== undefined && said !== digest)
    throw new Fault(
      "ImageDigestDoesNotMatchException",
      `The digest of the manifest is ${digest}, and '${said.slice(0, 100)}' was given`,
    );
  if (tag !== undefined) checkTag(tag);
  const manifest = checkedManifest(body, mediaType);
  checkParts(context, repository, manifest);
  const tagged = tag === undefined ? undefined : findImage(context, repository.name, { imageTag: tag });
  if (tagged !== undefined && tagged.digest !== digest && repository.tagMutability.startsWith("IMMUTABLE"))
    throw new Fault(
      "ImageTagAlreadyExistsException",
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  const isKnown = findImage(context, repository.name, { imageDigest: digest }) !== undefined;
  db.transaction(() => {
    if (!isKnown) insertManifest(context, repository.name, { digest, manifest, body, at: clock() });
    if (tag !== undefined)
      db.run(
        "INSERT INTO image_tags VALUES (?1, ?2, ?3) ON CONFLICT (repository, tag) DO UPDATE SET digest = ?3",
        ...[repository.name, tag, digest],
      );
  });
  return { digest, manifest, isNew: !isKnown || (tag !== undefined && tagged?.digest !== digest) };
}

function checkTag(tag: string): void {
  if (isTag(tag)) return;
  throw new Fault(
    "InvalidParameterException",
    `Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''`,
  );
}

function checkedManifest(body: Uint8Array, mediaType: string | undefined): Manifest {
  try {
    return readManifest(body, mediaType);
  } catch (cause) {
    throw new Fault(
      "InvalidParameterException",
      `Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid image manifest provided: ${cause instanceof Error ? cause.message : String(cause)}'`,
      { cause },
    );
  }
}

function checkParts(context: EcrContext, { name }: Repository, manifest: Manifest): void {
  const missing = blobsOf(manifest).filter((digest) => context.blobs.sizeOf(name, digest) === undefined);
  if (missing.length > 0)
    throw new Fault(
      "LayersNotFoundException",
      `The specified layers could not be found, or the specified layer is not valid for this repository: ${missing.slice(0, 3).join(", ")}`,
    );
  const unknown = manifest.manifests.find(
    ({ digest }) => findImage(context, name, { imageDigest: digest }) === undefined,
  );
  if (unknown !== undefined)
    throw new Fault(
      "ReferencedImagesNotFoundException",
      `The manifest list references an image that the repository does not have: ${unknown.digest}`,
    );
}

function insertManifest(
  { db }: EcrContext,
  repository: string,
  { digest, manifest, body, at }: { digest: Digest; manifest: Manifest; body: Uint8Array; at: number },
): void {
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType ?? null;
  db.run(
    "INSERT INTO image_manifests VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    ...[repository, digest, manifest.mediaType, body, sizeOf(manifest), artifactType],
    ...[manifest.subject?.digest ?? null, at],
  );
  for (const part of new Set([...blobsOf(manifest), ...manifest.manifests.map((one) => one.digest)]))
    db.run("INSERT INTO image_parts VALUES (?, ?, ?)", repository, digest, part);
}

/** Deletes an image with all its tags, and what nobody else needs of its blobs. */
export function deleteImage(context: EcrContext, { repository, digest }: ImageRow): void {
  const digests = blobsOf(readManifest(bodyOf(context, { repository, digest })));
  context.db.run("DELETE FROM image_manifests WHERE repository = ? AND digest = ?", repository, digest);
  context.blobs.free(repository, digests);
}

/** The indexes that list an image. */
export const indexesOf = ({ db }: Pick<EcrContext, "db">, { repository, digest }: ImageRow): readonly Digest[] =>
  db
    .all<{ manifest: string }>("SELECT manifest FROM image_parts WHERE repository = ? AND part = ?", repository, digest)
    .map(({ manifest }) => manifest)
    .filter(isDigest);
