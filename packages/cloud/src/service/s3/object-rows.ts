import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import type { Blob } from "./blobs.ts";
import { bucketOf, type S3Context } from "./context.ts";

/** An object's version. */
export interface ObjectRow {
  readonly bucket: string;
  readonly key: string;
  readonly version_id: string;
  readonly is_latest: number;
  readonly is_delete_marker: number;
  readonly size: number;
  readonly etag: string;
  readonly blob: string | null;
  readonly modified_at: number;
  /** JSON of StoredObject. */
  readonly headers: string;
}

/** Headers that are returned as they were given. */
export interface StoredHeaders {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

/** What is stored besides the bytes. */
export interface StoredObject extends StoredHeaders {
  /** Of the whole object, however it was sent: readers verify with it what they get. */
  readonly ChecksumCRC32?: string | undefined;
}

/** The version id of objects that were stored without versioning. */
const nullVersion = "null";

/** The fault for each condition that did not hold. */
export function preconditionFailed(): Fault {
  return new Fault("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    status: 412,
  });
}

/** Checks the conditions of a write: the existing object must have a given entity tag, or be absent. */
export function checkWrite(
  { db }: S3Context,
  {
    Bucket,
    Key,
    IfMatch,
    IfNoneMatch,
  }: {
    Bucket: string | undefined;
    Key: string | undefined;
    IfMatch?: string | undefined;
    IfNoneMatch?: string | undefined;
  },
): void {
  const there = db.get<ObjectRow>(
    "SELECT * FROM objects WHERE bucket = ? AND key = ? AND is_latest = 1 AND is_delete_marker = 0",
    Bucket ?? "",
    Key ?? "",
  );
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*")
    throw new Fault("NotImplemented", "A header you provided implies functionality that is not implemented", {
      status: 501,
    });
  if (IfNoneMatch === "*" && there !== undefined) throw preconditionFailed();
  if (IfMatch === undefined) return;
  if (there === undefined) throw new Fault("NoSuchKey", "The specified key does not exist.", { status: 404 });
  if (IfMatch.replaceAll('"', "") !== there.etag) throw preconditionFailed();
}

/** Returns what is stored besides the bytes. `aws-chunked` is how the bytes came, not what they are. */
export function storedHeaders({
  ContentType,
  CacheControl,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  Metadata,
}: StoredHeaders): StoredHeaders {
  const encoding = ContentEncoding?.split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "aws-chunked" && one !== "")
    .join(",");
  return {
    ContentType,
    CacheControl,
    ContentDisposition,
    ContentEncoding: encoding || undefined,
    ContentLanguage,
    Metadata,
  };
}

/** Makes stored bytes the newest version of an object. Returns the version id where the bucket keeps versions. */
export async function putVersion(
  context: S3Context,
  { Bucket, Key }: { Bucket: string | undefined; Key: string | undefined },
  { blob, etag, headers }: { blob: Blob | null; etag: string; headers: StoredHeaders },
): Promise<string | undefined> {
  const { db, blobs, clock } = context;
  const { name, versioning } = bucketOf(context, Bucket);
  const key = keyOf(Key);
  const version = versioning === "Enabled" ? randomHex(16) : nullVersion;
  const replaced = db.transaction(() => {
    const old = db.all<{ blob: string }>(
      "SELECT blob FROM objects WHERE bucket = ? AND key = ? AND version_id = ? AND blob IS NOT NULL",
      name,
      key,
      version,
    );
    db.run("DELETE FROM objects WHERE bucket = ? AND key = ? AND version_id = ?", name, key, version);
    db.run("UPDATE objects SET is_latest = 0 WHERE bucket = ? AND key = ?", name, key);
    db.run(
      "INSERT INTO objects (bucket, key, version_id, is_latest, is_delete_marker, size, etag, blob, modified_at, headers) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
      name,
      key,
      version,
      blob === null ? 1 : 0,
      blob?.size ?? 0,
      etag,
      blob?.id ?? null,
      clock(),
      JSON.stringify({ ...headers, ChecksumCRC32: blob?.crc32 } satisfies StoredObject),
    );
    return old;
  });
  await blobs.delete(replaced.map((row) => row.blob));
  return versioning === null ? undefined : version;
}

/** A version of an object, the newest when none is named. Throws a Fault when there is none, or it marks a deletion. */
export function findVersion(
  context: S3Context,
  { Bucket, Key, VersionId }: { Bucket: string | undefined; Key: string | undefined; VersionId: string | undefined },
): ObjectRow {
  const { name } = bucketOf(context, Bucket);
  const row =
    VersionId === undefined
      ? context.db.get<ObjectRow>(
          "SELECT * FROM objects WHERE bucket = ? AND key = ? AND is_latest = 1",
          name,
          Key ?? "",
        )
      : context.db.get<ObjectRow>(
          "SELECT * FROM objects WHERE bucket = ? AND key = ? AND version_id = ?",
          name,
          Key ?? "",
          VersionId,
        );
  if (row === undefined && VersionId !== undefined)
    throw new Fault("NoSuchVersion", "The specified version does not exist.", { status: 404 });
  if (row === undefined || row.is_delete_marker === 1)
    throw new Fault("NoSuchKey", "The specified key does not exist.", { status: 404 });
  return row;
}

/** Removes an object: for good, or, in a versioned bucket, by a delete marker on top of its versions. */
export async function deleteVersion(
  context: S3Context,
  { Bucket, Key, VersionId }: { Bucket: string | undefined; Key: string | undefined; VersionId: string | undefined },
) {
  const { db, blobs } = context;
  const { name, versioning } = bucketOf(context, Bucket);
  const key = keyOf(Key);
  if (VersionId === undefined && versioning !== null)
    return {
      DeleteMarker: true,
      VersionId: await putVersion(context, { Bucket, Key }, { blob: null, etag: "", headers: {} }),
    };
  const removed = db.transaction(() => {
    const rows = db.all<ObjectRow>(
      "SELECT * FROM objects WHERE bucket = ? AND key = ? AND version_id = ?",
      name,
      key,
      VersionId ?? nullVersion,
    );
    db.run("DELETE FROM objects WHERE bucket = ? AND key = ? AND version_id = ?", name, key, VersionId ?? nullVersion);
    db.run(
      "UPDATE objects SET is_latest = 1 WHERE sequence = (SELECT max(sequence) FROM objects WHERE bucket = ? AND key = ?)",
      name,
      key,
    );
    return rows;
  });
  await blobs.delete(removed.flatMap(({ blob }) => blob ?? []));
  return { VersionId };
}

/** Longest key, in bytes: S3's own limit. */
const keyBytesMax = 1024;

/** A key that an object may have. */
export function keyOf(key: string | undefined): string {
  if (key === undefined || key === "" || Buffer.byteLength(key) > keyBytesMax)
    throw new Fault("KeyTooLongError", `Your key is too long: it may have 1 to ${keyBytesMax} bytes`, { status: 400 });
  return key;
}
