import type { IncomingMessage } from "node:http";
import type { SignedRequests } from "../../protocol/signed-requests.ts";
import type { GitHubRevision } from "../../protocol/revision.ts";
import { isTransient, RequestRefused, Throttled, errorOfStatus } from "../../protocol/request-errors.ts";
import { withRetries, type RetryOptions } from "../../retry.ts";
import { PartialDownload } from "./partial-download.ts";

/** A commit to fetch, and the file that its archive becomes. */
export interface GitHubDownload {
  readonly revision: GitHubRevision;
  readonly into: string;
  /** The URL of GitHub's API, without a slash at its end. */
  readonly endpoint: string;
  readonly requests: SignedRequests;
  readonly retryOptions: RetryOptions;
}

/** GitHub redirects to the host of its archives; nobody needs more redirections than this. */
const redirectsMax = 5;

/** The most errors that the final error names: the last ones. */
const errorsMax = 4;

/** Downloads a commit's archive. Retries after transient errors and GitHub's rate limits, not after other refusals. */
export async function downloadFromGitHub(download: GitHubDownload): Promise<void> {
  const { revision, endpoint, retryOptions } = download;
  const { account, repository, commitId, bundleType } = revision;
  const parts = [account, repository, bundleType === "zip" ? "zipball" : "tarball", commitId].map(encodeURIComponent);
  const url = new URL(`${endpoint}/repos/${parts.join("/")}`);
  const part = new PartialDownload(download.into);
  const errors: string[] = [];
  const log = (line: string) => retryOptions.log(`Downloading ${url.href}: ${line}`);
  const attempt = async (progressed: () => void) => {
    try {
      await attemptFrom(url, { ...download, part, progressed });
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  try {
    await withRetries(attempt, { ...retryOptions, log });
  } catch (cause) {
    if (!(cause instanceof RequestRefused) && !isTransient(cause)) throw cause;
    throw new Error(
      `Could not download bundle at '${url.href}' after ${errors.length - 1} retries. Server returned codes: ${errors.slice(-errorsMax).join("; ")}.`,
      { cause },
    );
  } finally {
    await part.drop();
  }
}

type Attempt = GitHubDownload & { readonly part: PartialDownload; readonly progressed: () => void };

async function attemptFrom(start: URL, { revision, requests, part, progressed }: Attempt): Promise<void> {
  let url = start;
  const { headers } = part;
  for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
    const sent: Record<string, string> = { "user-agent": "sluice-codedeploy-agent", ...headers };
    // The token is for GitHub's API alone, not for the host that it redirects to.
    if (revision.token !== undefined && url.origin === start.origin) sent["authorization"] = `token ${revision.token}`;
    const response = await requests.get(url, sent);
    if (response.statusCode === 200 || response.statusCode === 206) return part.take(response, progressed);
    const next = nextOf(response, url);
    if (next === undefined) {
      part.check(response, headers);
      throw errorOf(response);
    }
    url = next;
  }
  throw new RequestRefused(`310 'more than ${redirectsMax} redirections'`);
}

/** GitHub answers 403 when access is denied, and also when its rate limit is exceeded. */
function errorOf({ statusCode = 0, statusMessage = "", headers }: IncomingMessage): Error {
  const sentence = `${statusCode} '${statusMessage}'`;
  const isTooOften = headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined;
  return statusCode === 403 && isTooOften ? new Throttled(sentence) : errorOfStatus(statusCode, undefined, sentence);
}

function nextOf(response: IncomingMessage, url: URL): URL | undefined {
  response.resume();
  const { location } = response.headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return undefined;
  const next = new URL(location, url);
  if (next.protocol !== url.protocol) throw new RequestRefused(`it leads to the unencrypted "${next.origin}"`);
  return next;
}
