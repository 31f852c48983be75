import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import { bucketOf, quoted, type S3Context, type S3Operations } from "./context.ts";
import { keyOf, putVersion, storedHeaders, type StoredHeaders } from "./object-rows.ts";

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

/** S3's own limits: the number of a part, and the least size of any but the last, in bytes. */
const partNumberMax = 10_000;
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
    if (!(PartNumber >= 1 && PartNumber <= partNumberMax))
      throw new Fault("InvalidArgument", `Part number must be an integer between 1 and ${partNumberMax}, inclusive`, {
        status: 400,
      });
    const blob = await context.blobs.store(Body instanceof Readable ? Body : Readable.from([]));
    const old = context.db.get<PartRow>(
      "SELECT * FROM parts WHERE upload_id = ? AND number = ?",
      upload.id,
      PartNumber,
    );
    context.db.run(
      "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)",
      upload.id,
      PartNumber,
      blob.size,
      blob.md5,
      blob.id,
      context.clock(),
    );
    if (old !== undefined) await context.blobs.delete([old.blob]);
    return { ETag: quoted(blob.md5) };
  },

  async CompleteMultipartUpload(context, { Bucket, Key, UploadId, MultipartUpload }) {
    const upload = uploadOf(context, { Bucket, Key, UploadId });
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
  if (row === undefined)
    throw new Fault(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      { status: 404 },
    );
  return row;
}

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
