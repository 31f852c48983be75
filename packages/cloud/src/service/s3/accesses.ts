import { type Access, Fault, accessesFromTable } from "@sluice/aws-protocol";
import { copySource } from "./objects.ts";

interface Input {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys?: number | undefined;
  readonly CopySource?: string | undefined;
  readonly Delete?: { readonly Objects?: readonly { readonly Key?: string; readonly VersionId?: string }[] };
}

type Row = (input: Input) => readonly Access[];

/** What each request to S3 does, in IAM's words (S3's service authorization reference): several operations share one permission. */
const table: Readonly<Record<string, Row>> = {
  GetObject: (input) => [version("GetObject", input)],
  HeadObject: (input) => [version("GetObject", input)],
  DeleteObject: (input) => [version("DeleteObject", input)],
  DeleteObjects: ({ Bucket, Delete }) =>
    (Delete?.Objects ?? []).map((object) => version("DeleteObject", { Bucket, ...object })),
  CopyObject: (input) => [version("GetObject", sourceOf(input)), written(input)],
  UploadPartCopy: (input) => [version("GetObject", sourceOf(input)), written(input)],
  PutObject: (input) => [written(input)],
  CreateMultipartUpload: (input) => [written(input)],
  UploadPart: (input) => [written(input)],
  CompleteMultipartUpload: (input) => [written(input)],
  ListParts: (input) => [{ action: "s3:ListMultipartUploadParts", resource: object(input) }],
  AbortMultipartUpload: (input) => [{ resource: object(input) }],
  ListObjects: (input) => [listed("ListBucket", input)],
  ListObjectsV2: (input) => [listed("ListBucket", input)],
  HeadBucket: (input) => [listed("ListBucket", input)],
  ListObjectVersions: (input) => [listed("ListBucketVersions", input)],
  ListMultipartUploads: (input) => [listed("ListBucketMultipartUploads", input)],
  ListBuckets: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
  CreateBucket: (input) => [{ resource: bucket(input) }],
  DeleteBucket: (input) => [{ resource: bucket(input) }],
  GetBucketLocation: (input) => [{ resource: bucket(input) }],
  GetBucketVersioning: (input) => [{ resource: bucket(input) }],
  PutBucketVersioning: (input) => [{ resource: bucket(input) }],
};

/** What a request to S3 does. */
export const s3Accesses = accessesFromTable(table); // inputs are decoded by S3's own table

const bucket = ({ Bucket = "*" }: Input) => `arn:aws:s3:::${Bucket}`;
const object = (input: Input) => `${bucket(input)}/${input.Key ?? "*"}`;

const written = (input: Input): Access => ({ action: "s3:PutObject", resource: object(input) });

/** Access to a version of an object is another permission than access to the newest. */
function version(action: string, input: Input): Access {
  const { VersionId } = input;
  return {
    action: `s3:${action}${VersionId === undefined ? "" : "Version"}`,
    resource: object(input),
    context: { "s3:VersionId": VersionId },
  };
}

const listed = (action: string, input: Input): Access => ({
  action: `s3:${action}`,
  resource: bucket(input),
  context: {
    "s3:prefix": input.Prefix ?? "",
    "s3:delimiter": input.Delimiter,
    "s3:max-keys": input.MaxKeys === undefined ? undefined : String(input.MaxKeys),
  },
});

/** The source of a copy, read as the operation reads it. The operation refuses what cannot be read; until then the access cannot be narrower. */
function sourceOf({ CopySource = "" }: Input): Input {
  try {
    const { VersionId, ...source } = copySource(CopySource);
    return VersionId === undefined ? source : { ...source, VersionId };
  } catch (error) {
    if (error instanceof Fault) return {};
    throw error;
  }
}
