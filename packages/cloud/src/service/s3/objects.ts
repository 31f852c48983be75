import { Readable } from "node:stream";
import type * as S3 from "@aws-sdk/client-s3";
import { Fault, type InputOf } from "@sluice/aws-protocol";
import { bucketOf, quoted, type S3Operations } from "./context.ts";
import {
  checkWrite,
  deleteVersion,
  findVersion,
  keyOf,
  type ObjectRow,
  preconditionFailed,
  putVersion,
  storedHeaders,
  type StoredHeaders,
  type StoredObject,
} from "./object-rows.ts";
import { readRange } from "./range.ts";

/** Operations on objects. */
export const objectOperations: S3Operations = {
  async PutObject(context, input) {
    bucketOf(context, input.Bucket);
    keyOf(input.Key);
    checkWrite(context, input);
    const blob = await context.blobs.store(input.Body instanceof Readable ? input.Body : Readable.from([]));
    try {
      // Another write may have been faster while the bytes came in.
      checkWrite(context, input);
    } catch (error) {
      await context.blobs.delete([blob.id]);
      throw error;
    }
    const VersionId = await putVersion(context, input, { blob, etag: blob.md5, headers: storedHeaders(input) });
    return { ETag: quoted(blob.md5), VersionId, ...checksums(input) };
  },

  GetObject(context, input) {
    const row = findVersion(context, { Bucket: input.Bucket, Key: input.Key, VersionId: input.VersionId });
    checkConditions(row, input);
    const range = readRange(input.Range, row.size);
    const part =
      range === undefined
        ? { ContentLength: row.size }
        : { ContentLength: range.end - range.start + 1, ContentRange: `bytes ${range.start}-${range.end}/${row.size}` };
    return {
      ...describe(row, range === undefined ? input.ChecksumMode : undefined),
      ...part,
      ...overrides(input),
      Body: row.blob === null ? Readable.from([]) : context.blobs.read(row.blob, range),
    };
  },

  HeadObject(context, input) {
    const row = findVersion(context, { Bucket: input.Bucket, Key: input.Key, VersionId: input.VersionId });
    checkConditions(row, input);
    return { ...describe(row, input.ChecksumMode), ContentLength: row.size };
  },

  async CopyObject(context, input) {
    const source = findVersion(context, copySource(input.CopySource ?? ""));
    bucketOf(context, input.Bucket);
    keyOf(input.Key);
    const blob = await context.blobs.join(source.blob === null ? [] : [source.blob]);
    const headers =
      input.MetadataDirective === "REPLACE" ? storedHeaders(input) : (JSON.parse(source.headers) as StoredHeaders); // written by putVersion
    const VersionId = await putVersion(context, input, { blob, etag: source.etag, headers });
    return { VersionId, CopyObjectResult: { ETag: quoted(source.etag), LastModified: new Date(context.clock()) } };
  },

  DeleteObject: (context, { Bucket, Key, VersionId }) => deleteVersion(context, { Bucket, Key, VersionId }),

  async DeleteObjects(context, { Bucket, Delete }) {
    const { Objects = [], Quiet } = Delete ?? {};
    if (Objects.length > deletedMax)
      throw new Fault(
        "MalformedXML",
        `At most ${deletedMax} keys may be deleted at once, and ${Objects.length} were given`,
        { status: 400 },
      );
    const Deleted = [];
    for (const { Key, VersionId } of Objects)
      Deleted.push({ Key, ...(await deleteVersion(context, { Bucket, Key, VersionId })) });
    return Quiet === true ? {} : { Deleted };
  },
};

/** Keys that one request may delete: S3's own limit. */
const deletedMax = 1000;

function describe(row: ObjectRow, checksumMode: string | undefined) {
  const { ChecksumCRC32, ...headers } = JSON.parse(row.headers) as StoredObject; // written by putVersion
  const hasChecksum = checksumMode === "ENABLED" && ChecksumCRC32 !== undefined;
  return {
    ...headers,
    ChecksumCRC32: hasChecksum ? ChecksumCRC32 : undefined,
    ChecksumType: hasChecksum ? ("FULL_OBJECT" as const) : undefined,
    ContentType: headers.ContentType ?? "binary/octet-stream",
    AcceptRanges: "bytes",
    ETag: quoted(row.etag),
    LastModified: new Date(row.modified_at),
    VersionId: row.version_id === "null" ? undefined : row.version_id,
  };
}

/** A presigned link may set headers of its response. */
function overrides(input: InputOf<typeof S3, "GetObject">) {
  const { ResponseContentType, ResponseContentDisposition, ResponseContentEncoding } = input;
  const { ResponseContentLanguage, ResponseCacheControl } = input;
  const asked = {
    ContentType: ResponseContentType,
    ContentDisposition: ResponseContentDisposition,
    ContentEncoding: ResponseContentEncoding,
    ContentLanguage: ResponseContentLanguage,
    CacheControl: ResponseCacheControl,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

function checkConditions(
  { etag, modified_at }: ObjectRow,
  { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }: Conditions,
): void {
  const names = (list: string) =>
    list.split(",").some((one) => one.trim() === "*" || one.trim().replaceAll('"', "") === etag);
  // HTTP's dates have whole seconds.
  const seconds = Math.floor(modified_at / 1000) * 1000;
  if (
    IfMatch !== undefined ? !names(IfMatch) : IfUnmodifiedSince !== undefined && seconds > IfUnmodifiedSince.getTime()
  )
    throw preconditionFailed();
  if (
    IfNoneMatch !== undefined
      ? names(IfNoneMatch)
      : IfModifiedSince !== undefined && seconds <= IfModifiedSince.getTime()
  )
    throw new Fault("NotModified", "Not Modified", { status: 304 });
}

/** The object that a copy is made of: `/BUCKET/KEY?versionId=ID`, the path encoded. Throws a Fault when it names none. */
export function copySource(text: string): { Bucket: string; Key: string; VersionId: string | undefined } {
  const [path = "", query = ""] = text.split("?");
  const [, Bucket, Key] = /^\/?([^/]+)\/([^]+)$/.exec(decoded(path)) ?? [];
  if (Bucket === undefined || Key === undefined)
    throw new Fault(
      "InvalidArgument",
      `Copy Source must mention the source bucket and key: sourcebucket/sourcekey, not "${text.slice(0, 80)}"`,
    );
  return { Bucket, Key, VersionId: new URLSearchParams(query).get("versionId") ?? undefined };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Fault("InvalidArgument", "Copy Source must be percent-encoded UTF-8", { cause });
  }
}

const checksumNames = [
  "ChecksumCRC32",
  "ChecksumCRC32C",
  "ChecksumCRC64NVME",
  "ChecksumSHA1",
  "ChecksumSHA256",
] as const;

/** Checksums that the caller sent were verified while the body was read; S3 returns them. */
function checksums(input: { readonly [Name in (typeof checksumNames)[number]]?: string | undefined }) {
  return Object.fromEntries(
    checksumNames.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]),
  );
}
