import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { encodeUri, type SigningCredentials } from "@sluice/aws-protocol/signature-v4";
import { readText, type SignedRequests } from "../protocol/signed-requests.ts";
import type { S3Revision } from "../protocol/revision.ts";
import { save } from "./save.ts";

/** A bundle in S3 to fetch, and the file that it becomes. */
export interface S3Download {
  readonly revision: S3Revision;
  readonly into: string;
  readonly credentials: SigningCredentials;
  readonly region: string;
  /** Instead of AWS's own; the bucket then stands in the path. */
  readonly endpoint: string | undefined;
  readonly useFips: boolean;
  readonly requests: SignedRequests;
  readonly log: (line: string) => void;
}

/** Pauses between attempts, in milliseconds. Half of each is random, so that a fleet does not come back in step. */
const pausesMilliseconds = [200, 1_000, 3_000];

/** S3's errors are a few lines of XML. */
const errorBytesMax = 64 * 1024;

/** Fetches a bundle from S3 into a file (agent.md §4.1). What S3 refuses is not asked for again; troubles on the way are. */
export async function downloadFromS3(download: S3Download): Promise<void> {
  for (const wait of pausesMilliseconds) {
    try {
      return await attempt(download);
    } catch (error) {
      if (error instanceof Refused) throw error;
      download.log(
        `Downloading ${objectName(download.revision)} failed, and is tried again: ${error instanceof Error ? error.message : String(error)}`,
      );
      await pause(wait / 2 + (Math.random() * wait) / 2);
    }
  }
  return attempt(download);
}

class Refused extends Error {}

async function attempt(download: S3Download, isMoved = false): Promise<void> {
  const { revision, into, credentials, region, requests } = download;
  const response = await requests.send({
    method: "GET",
    url: objectUrl(download),
    service: "s3",
    region,
    credentials,
  });
  const home = response.headers["x-amz-bucket-region"];
  if (response.statusCode !== 200) {
    const trouble = await refusal(response, revision);
    // A bucket of another region says where it is; what it says becomes part of a host's name.
    const isElsewhere = typeof home === "string" && home !== region && /^[a-z]+(-[a-z]+)+-\d$/.test(home);
    if (isElsewhere && !isMoved && download.endpoint === undefined) return attempt({ ...download, region: home }, true);
    throw trouble;
  }
  const found = (response.headers.etag ?? "").replaceAll('"', "");
  const wanted = revision.eTag?.replaceAll('"', "");
  if (wanted !== undefined && wanted !== found) {
    response.destroy();
    throw new Refused(`Expected deployment artifact bundle etag ${wanted} but was actually "${found}"`);
  }
  await save(response, into);
}

function objectUrl({ revision: { bucket, key, version }, region, endpoint, useFips }: S3Download): URL {
  const path = key.split("/").map(encodeUri).join("/");
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : region === "eusc-de-east-1"
      ? "amazonaws.eu"
      : "amazonaws.com";
  const service = `${useFips ? "s3-fips" : "s3"}.${region}.${domain}`;
  // A bucket's name with dots in it does not match the certificate of its own host.
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
  return status >= 500 ? new Error(sentence) : new Refused(sentence);
}

const objectName = ({ bucket, key, version }: S3Revision) =>
  `s3://${bucket}/${key}${version === undefined ? "" : ` (version ${version})`}`;
