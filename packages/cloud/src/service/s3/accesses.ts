import type { Access, AccessOf } from "@sluice/aws-protocol";

interface Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly VersionId?: string;
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly CopySource?: string;
  readonly Delete?: { readonly Objects?: readonly { readonly Key?: string; readonly VersionId?: string }[] };
}

const bucket = ({ Bucket = "*" }: Input) => `arn:aws:s3:::${Bucket}`;
const object = (input: Input) => `${bucket(input)}/${input.Key ?? "*"}`;

/** What each request to S3 does, in IAM's words (S3's service authorization reference): several operations need one and the same permission. */
export const s3Accesses: AccessOf = (operation, decoded) => {
  const input = decoded as Input; // decoded by S3's own table
  const versioned = (action: string, version = input.VersionId) =>
    `s3:${action}${version === undefined ? "" : "Version"}`;
  const on = (resource: string, action: string): readonly Access[] => [{ action: `s3:${action}`, resource }];
  const list = (action: string): readonly Access[] => [
    {
      action: `s3:${action}`,
      resource: bucket(input),
      context: {
        "s3:prefix": input.Prefix ?? "",
        "s3:delimiter": input.Delimiter,
        "s3:max-keys": input.MaxKeys === undefined ? undefined : String(input.MaxKeys),
      },
    },
  ];
  switch (operation) {
    case "GetObject":
    case "HeadObject":
      return [{ action: versioned("GetObject"), resource: object(input) }];
    case "DeleteObject":
      return [{ action: versioned("DeleteObject"), resource: object(input) }];
    case "DeleteObjects":
      return (input.Delete?.Objects ?? []).map(({ Key, VersionId }) => ({
        action: versioned("DeleteObject", VersionId),
        resource: `${bucket(input)}/${Key ?? "*"}`,
      }));
    case "CopyObject":
    case "UploadPartCopy":
      return [
        { action: "s3:GetObject", resource: `arn:aws:s3:::${sourceOf(input)}` },
        ...on(object(input), "PutObject"),
      ];
    case "PutObject":
    case "CreateMultipartUpload":
    case "UploadPart":
    case "CompleteMultipartUpload":
      return on(object(input), "PutObject");
    case "ListParts":
      return on(object(input), "ListMultipartUploadParts");
    case "AbortMultipartUpload":
      return on(object(input), operation);
    case "ListObjects":
    case "ListObjectsV2":
    case "HeadBucket":
      return list("ListBucket");
    case "ListObjectVersions":
      return list("ListBucketVersions");
    case "ListMultipartUploads":
      return list("ListBucketMultipartUploads");
    case "ListBuckets":
      return [{ action: "s3:ListAllMyBuckets" }];
    default:
      return on(bucket(input), operation);
  }
};

/** Where an object is copied from, as `BUCKET/KEY`. */
function sourceOf({ CopySource = "*" }: Input): string {
  const [path = ""] = CopySource.split("?", 1);
  try {
    return decodeURIComponent(path).replace(/^\//, "");
  } catch (cause) {
    // The operation refuses a source that cannot be read; until then nothing narrower can be said of it.
    if (cause instanceof URIError) return "*";
    throw cause;
  }
}
