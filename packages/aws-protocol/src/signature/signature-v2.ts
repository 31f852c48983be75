import { createHmac } from "node:crypto";

/** Query parameters that belong to the resource of a SigV2 link. */
const subResources = [
  "acl",
  "delete",
  "lifecycle",
  "location",
  "logging",
  "notification",
  "partNumber",
  "policy",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
];

/** Returns the signature of a SigV2 query link to S3, which `aws s3 presign` still makes in us-east-1. The path must begin with the bucket. */
export function signatureOfV2Link(
  {
    method,
    path,
    query,
    headers,
  }: {
    readonly method: string;
    readonly path: string;
    readonly query: URLSearchParams;
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  },
  secretAccessKey: string,
): string {
  const resource = subResources
    .filter((name) => query.has(name))
    .map((name) => (query.get(name) ? `${name}=${query.get(name)}` : name))
    .join("&");
  const token = query.get("x-amz-security-token");
  const amz = [...Object.entries(headers), ...(token === null ? [] : [["x-amz-security-token", token] as const])]
    .filter(([name]) => name.startsWith("x-amz-"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${String(value).trim()}\n`);
  const text = [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    query.get("Expires"),
    `${amz.join("")}${path}${resource === "" ? "" : `?${resource}`}`,
  ].join("\n");
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}
