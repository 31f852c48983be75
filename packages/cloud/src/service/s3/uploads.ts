import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import type { Blob } from "./blobs.ts";
import { bucketOf, quoted, type S3Context, type S3Operations } from "./context.ts";
import { checkWrite, findVersion, keyOf, putVersion, storedHeaders, type StoredHeaders } from "./object-rows.ts";
import { copySource } from "./objects.ts";
import { readRange } from "./range.ts";

interface UploadRow {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: string;
}

interface PartRow {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly blob: string;
  readonly modified_at: number;
}

/** S3's limits: the number of a part, uploads on a page, and the smallest part but the last, in bytes. */
const partNumberMax = 10_000;
const uploadsMax = 1000;
const partBytesMin = 5 * 1024 * 1024;

/** Operations of uploads in parts. */
export const uploadOperations: S3Operations = {
  CreateMultipartUpload(context, input) {
    const { name } = bucketOf(context, input.Bucket);
    const id = randomHex(24);
    context.db.run(
      "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
      id,
      name,
      keyOf(input.Key),
      JSON.stringify(storedHeaders(input)),
      context.clock(),
    );
    return { Bucket: name, Key: input.Key, UploadId: id };
  },

  async UploadPart(context, { Bucket, Key, UploadId, PartNumber = 0, Body }) {
    const upload = uploadOf(context, { Bucket, Key, UploadId });
    checkPartNumber(PartNumber);
    const blob = await context.blobs.store(Body instanceof Readable ? Body : Readable.from([]));
    await keepPart(context, upload, { number: PartNumber, blob });
    return { ETag: quoted(blob.md5) };
  },

  async UploadPartCopy(context, { Bucket, Key, UploadId, PartNumber = 0, CopySource = "", CopySourceRange }) {
    const upload = uploadOf(context, { Bucket, Key, UploadId });
    checkPartNumber(PartNumber);
    const source = findVersion(context, copySource(CopySource));
    const span = readRange(CopySourceRange, source.size);
    const blob = await context.blobs.store(
      source.blob === null ? Readable.from([]) : context.blobs.read(source.blob, span),
    );
    await keepPart(context, upload, { number: PartNumber, blob });
    return { CopyPartResult: { ETag: quoted(blob.md5), LastModified: new Date(context.clock()) } };
  },

  async CompleteMultipartUpload(context, { Bucket, Key, UploadId, MultipartUpload, IfMatch, IfNoneMatch }) {
    const upload = uploadOf(context, { Bucket, Key, UploadId });
    checkWrite(context, { Bucket, Key, IfMatch, IfNoneMatch });
    const parts = chosenParts(context, upload, MultipartUpload?.Parts ?? []);
    const blob = await context.blobs.join(parts.map((part) => part.blob));
    const sums = createHash("md5");
    for (const { etag } of parts) sums.update(Buffer.from(etag, "hex"));
    const etag = `${sums.digest("hex")}-${parts.length}`;
    const VersionId = await putVersion(
      context,
      { Bucket, Key },
      { blob, etag, headers: JSON.parse(upload.headers) as StoredHeaders },
    ); // written by CreateMultipartUpload
    await forget(context, upload);
    return { Bucket, Key, ETag: quoted(etag), VersionId, Location: `/${Bucket}/${Key}` };
  },

  async AbortMultipartUpload(context, { Bucket, Key, UploadId }) {
    await forget(context, uploadOf(context, { Bucket, Key, UploadId }));
  },

  ListMultipartUploads(context, { Bucket, Prefix = "" }) {
    const { name } = bucketOf(context, Bucket);
    const rows = context.db.all<UploadRow & { readonly created_at: number }>(
      "SELECT * FROM uploads WHERE bucket = ? ORDER BY key, created_at LIMIT ?",
      name,
      uploadsMax,
    );
    const Uploads = rows
      .filter(({ key }) => key.startsWith(Prefix))
      .map(({ id, key, created_at }) => ({ UploadId: id, Key: key, Initiated: new Date(created_at) }));
    return { Bucket, Prefix, MaxUploads: uploadsMax, IsTruncated: false, Uploads };
  },

  ListParts(context, { Bucket, Key, UploadId }) {
    const upload = uploadOf(context, { Bucket, Key, UploadId });
    const Parts = partsOf(context, upload).map(({ number, size, etag, modified_at }) => ({
      PartNumber: number,
      Size: size,
      ETag: quoted(etag),
      LastModified: new Date(modified_at),
    }));
    return { Bucket, Key, UploadId, IsTruncated: false, Parts };
  },
};

function checkPartNumber(number: number): void {
  if (!(number >= 1 && number <= partNumberMax))
    throw new Fault("InvalidArgument", `Part number must be an integer between 1 and ${partNumberMax}, inclusive`);
}

/** Makes bytes a part of an upload, replacing an earlier one of its number. An upload that has ended meanwhile keeps nothing. */
async function keepPart(
  context: S3Context,
  { id }: UploadRow,
  { number, blob }: { number: number; blob: Blob },
): Promise<void> {
  const { db, blobs, clock } = context;
  if (db.get("SELECT 1 FROM uploads WHERE id = ?", id) === undefined) {
    await blobs.delete([blob.id]);
    throw noSuchUpload();
  }
  const old = db.get<PartRow>("SELECT * FROM parts WHERE upload_id = ? AND number = ?", id, number);
  db.run("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)", id, number, blob.size, blob.md5, blob.id, clock());
  if (old !== undefined) await blobs.delete([old.blob]);
}

function uploadOf(
  context: S3Context,
  { Bucket, Key, UploadId }: { Bucket: string | undefined; Key: string | undefined; UploadId: string | undefined },
): UploadRow {
  const { name } = bucketOf(context, Bucket);
  const row = context.db.get<UploadRow>(
    "SELECT id, bucket, key, headers FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
    UploadId ?? "",
    name,
    Key ?? "",
  );
  if (row === undefined) throw noSuchUpload();
  return row;
}

const noSuchUpload = () =>
  new Fault(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { status: 404 },
  );

const partsOf = ({ db }: S3Context, { id }: UploadRow): readonly PartRow[] =>
  db.all<PartRow>("SELECT * FROM parts WHERE upload_id = ? ORDER BY number", id);

function chosenParts(
  context: S3Context,
  upload: UploadRow,
  wanted: readonly { readonly PartNumber?: number | undefined; readonly ETag?: string | undefined }[],
): readonly PartRow[] {
  const stored = new Map(partsOf(context, upload).map((part) => [part.number, part]));
  if (wanted.length === 0) throw new Fault("MalformedXML", "At least one part must be named", { status: 400 });
  const parts = wanted.map(({ PartNumber = 0, ETag = "" }) => {
    const part = stored.get(PartNumber);
    if (part === undefined || part.etag !== ETag.replaceAll('"', ""))
      throw new Fault(
        "InvalidPart",
        `One or more of the specified parts could not be found. Part ${PartNumber} may not have been uploaded, or its entity tag may not match.`,
        { status: 400 },
      );
    return part;
  });
  if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0)))
    throw new Fault("InvalidPartOrder", "The list of parts was not in ascending order.", { status: 400 });
  const small = parts.slice(0, -1).find(({ size }) => size < partBytesMin);
  if (small !== undefined)
    throw new Fault(
      "EntityTooSmall",
      `Part ${small.number} has ${small.size} bytes; all but the last need at least ${partBytesMin}`,
      { status: 400 },
    );
  return parts;
}

async function forget(context: S3Context, upload: UploadRow): Promise<void> {
  const parts = partsOf(context, upload);
  context.db.run("DELETE FROM uploads WHERE id = ?", upload.id);
  await context.blobs.delete(parts.map(({ blob }) => blob));
}
