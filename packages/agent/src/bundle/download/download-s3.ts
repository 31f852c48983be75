import type { IncomingMessage } from "node:http";
import { encodeUri, type SigningCredentials } from "@sluice/aws-protocol/signature-v4";
import { readText, type SignedRequests } from "../../protocol/signed-requests.ts";
import type { S3Revision } from "../../protocol/revision.ts";
import { RequestRefused, errorOfStatus } from "../../protocol/request-errors.ts";
import { withRetries, type RetryOptions } from "../../retry.ts";
import { PartialDownload } from "./partial-download.ts";

/** A bundle to download from S3, and the file to write. */
export interface S3Download {
  readonly revision: S3Revision;
  readonly into: string;
  /** The SHA-256 of the bundle, in hex, if the control plane has signed one. */
  readonly sha256: string | undefined;
  /** Called before each attempt: a key may expire meanwhile. */
  readonly credentials: () => Promise<SigningCredentials>;
  readonly region: string;
  /** Used instead of AWS's, with the bucket in the path. */
  readonly endpoint: string | undefined;
  readonly useFips: boolean;
  readonly requests: SignedRequests;
  readonly retryOptions: RetryOptions;
}

/** The longest error that is read: S3's are a few lines of XML. */
const errorBytesMax = 64 * 1024;

/** Downloads a bundle from S3 into a file (agent.md §4.1). Retries after transient errors, and resumes where the last attempt stopped; does not retry what S3 refuses. */
export async function downloadFromS3(download: S3Download): Promise<void> {
  const { revision, into, sha256, retryOptions } = download;
  const part = new PartialDownload(into, sha256);
  let { region } = download;
  const log = (line: string) => retryOptions.log(`Downloading ${objectName(revision)}: ${line}`);
  try {
    await withRetries(
      async (progressed) => {
        const home = await attempt({ ...download, region }, part, progressed);
        if (home === undefined) return;
        region = home;
        await attempt({ ...download, region, isMoved: true }, part, progressed);
      },
      { ...retryOptions, log },
    );
  } finally {
    await part.drop();
  }
}

/** Downloads once. Returns undefined when that is done, or the bucket's region when it is another one. */
async function attempt(
  download: S3Download & { readonly isMoved?: boolean },
  part: PartialDownload,
  progressed: () => void,
): Promise<string | undefined> {
  const { revision, credentials, region, requests, isMoved = false } = download;
  const { headers } = part;
  const signed = { service: "s3", region, credentials: await credentials() };
  const response = await requests.send({ method: "GET", url: objectUrl(download), headers, ...signed });
  const home = response.headers["x-amz-bucket-region"];
  if (response.statusCode !== 200 && response.statusCode !== 206) {
    const error = await refusal(response, revision);
    part.check(response, headers);
    // S3 names the region of a bucket that is elsewhere. The region becomes part of a host name, so it must look like one.
    const isElsewhere = typeof home === "string" && home !== region && /^[a-z]+(-[a-z]+)+-\d$/.test(home);
    if (isElsewhere && !isMoved && download.endpoint === undefined) return home;
    throw error;
  }
  const found = (response.headers.etag ?? "").replaceAll('"', "");
  const wanted = revision.eTag?.replaceAll('"', "");
  if (wanted !== undefined && wanted !== found) {
    response.destroy();
    throw new RequestRefused(`Expected deployment artifact bundle etag ${wanted} but was actually "${found}"`);
  }
  await part.take(response, progressed);
  return undefined;
}

function objectUrl({ revision: { bucket, key, version }, region, endpoint, useFips }: S3Download): URL {
  const path = key.split("/").map(encodeUri).join("/");
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : region === "eusc-de-east-1"
      ? "amazonaws.eu"
      : "amazonaws.com";
  const service = `${useFips ? "s3-fips" : "s3"}.${region}.${domain}`;
  // The wildcard certificate of S3 does not match a host name with the dots of a bucket's name.
  const inPath = endpoint !== undefined || bucket.includes(".");
  const base = endpoint ?? (inPath ? `https://${service}` : `https://${bucket}.${service}`);
  const url = new URL(`${base.replace(/\/$/, "")}/${inPath ? `${encodeUri(bucket)}/` : ""}${path}`);
  if (version !== undefined) url.searchParams.set("versionId", version);
  return url;
}

async function refusal(response: IncomingMessage, revision: S3Revision): Promise<Error> {
  const text = await readText(response, errorBytesMax);
  const [code, message] = ["Code", "Message"].map((name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]);
  const status = response.statusCode ?? 0;
  const sentence = `Cannot download ${objectName(revision)}: status ${status}${code === undefined ? "" : `, ${code}`}${message === undefined ? "" : `: ${message}`}`;
  return errorOfStatus(status, code, sentence);
}

const objectName = ({ bucket, key, version }: S3Revision) =>
  `s3://${bucket}/${key}${version === undefined ? "" : ` (version ${version})`}`;
