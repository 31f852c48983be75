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
  /** GitHub's API, without a slash at its end. */
  readonly endpoint: string;
  readonly requests: SignedRequests;
  readonly retryOptions: RetryOptions;
}

/** GitHub sends archives from another host; nobody needs more turns. */
const redirectsMax = 5;

/** Troubles that are told when all was in vain: the newest ones. */
const troublesMax = 4;

/** Fetches a commit's archive. What GitHub refuses is not asked for again; troubles of the server and on the way, and its limits, are. */
export async function downloadFromGitHub(download: GitHubDownload): Promise<void> {
  const { revision, endpoint, retryOptions } = download;
  const { account, repository, commitId, bundleType } = revision;
  const parts = [account, repository, bundleType === "zip" ? "zipball" : "tarball", commitId].map(encodeURIComponent);
  const url = new URL(`${endpoint}/repos/${parts.join("/")}`);
  const part = new PartialDownload(download.into);
  const troubles: string[] = [];
  const log = (line: string) => retryOptions.log(`Downloading ${url.href}: ${line}`);
  const attempt = async (progressed: () => void) => {
    try {
      await attemptFrom(url, { ...download, part, progressed });
    } catch (error) {
      troubles.push(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  try {
    await withRetries(attempt, { ...retryOptions, log });
  } catch (cause) {
    if (!(cause instanceof RequestRefused) && !isTransient(cause)) throw cause;
    throw new Error(
      `Could not download bundle at '${url.href}' after ${troubles.length - 1} retries. Server returned codes: ${troubles.slice(-troublesMax).join("; ")}.`,
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
  for (let turns = 0; turns <= redirectsMax; turns += 1) {
    // The token is for GitHub's API alone, wherever that sends us.
    const isOwn = url.origin === start.origin;
    const response = await requests.get(url, {
      "user-agent": "sluice-codedeploy-agent",
      ...headers,
      ...(revision.token !== undefined && isOwn ? { authorization: `token ${revision.token}` } : {}),
    });
    if (response.statusCode === 200 || response.statusCode === 206) return part.take(response, progressed);
    const next = nextOf(response, url);
    if (next === undefined) {
      part.check(response, headers);
      throw troubleOf(response);
    }
    url = next;
  }
  throw new RequestRefused(`310 'more than ${redirectsMax} redirections'`);
}

/** GitHub says 403 to whoever may not, and to whoever has asked too often. */
function troubleOf({ statusCode = 0, statusMessage = "", headers }: IncomingMessage): Error {
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
