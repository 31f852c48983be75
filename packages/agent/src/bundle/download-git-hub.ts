import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { SignedRequests } from "../protocol/signed-requests.ts";
import type { GitHubRevision } from "../protocol/revision.ts";
import { save } from "./save.ts";

/** A commit to fetch, and the file that its archive becomes. */
export interface GitHubDownload {
  readonly revision: GitHubRevision;
  readonly into: string;
  /** GitHub's API, without a slash at its end. */
  readonly endpoint: string;
  readonly requests: SignedRequests;
  readonly log: (line: string) => void;
  readonly pausesMilliseconds?: readonly number[];
}

/** The official agent's pauses between attempts (agent.md §4.2). */
const officialPausesMilliseconds = [10_000, 30_000, 90_000];

/** GitHub sends archives from another host; nobody needs more turns. */
const redirectsMax = 5;

/** Fetches a commit's archive. What GitHub refuses is not asked for again; troubles of the server, and its limits, are. */
export async function downloadFromGitHub(download: GitHubDownload): Promise<void> {
  const { revision, endpoint, log, pausesMilliseconds = officialPausesMilliseconds } = download;
  const { account, repository, commitId, bundleType } = revision;
  const parts = [account, repository, bundleType === "zip" ? "zipball" : "tarball", commitId].map(encodeURIComponent);
  const url = new URL(`${endpoint}/repos/${parts.join("/")}`);
  const troubles: string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const trouble = await attemptFrom(url, download);
    if (trouble === undefined) return;
    troubles.push(`${trouble.status} '${trouble.message}'`);
    const wait = pausesMilliseconds[attempt];
    if (wait === undefined || !trouble.mayPass)
      throw new Error(
        `Could not download bundle at '${url.href}' after ${attempt} retries. Server returned codes: ${troubles.join("; ")}.`,
      );
    log(`Downloading ${url.href} failed with ${troubles.at(-1)}, and is tried again in ${wait / 1000} s`);
    await pause(wait);
  }
}

interface Trouble {
  readonly status: number;
  readonly message: string;
  readonly mayPass: boolean;
}

async function attemptFrom(start: URL, { revision, into, requests }: GitHubDownload): Promise<Trouble | undefined> {
  let url = start;
  for (let turns = 0; turns <= redirectsMax; turns += 1) {
    // The token is for GitHub's API alone, wherever that sends us.
    const isOwn = url.origin === start.origin;
    const response = await requests.get(url, {
      "user-agent": "sluice-codedeploy-agent",
      ...(revision.token !== undefined && isOwn ? { authorization: `token ${revision.token}` } : {}),
    });
    const { statusCode: status = 0, statusMessage = "" } = response;
    if (status === 200) {
      await save(response, into);
      return undefined;
    }
    const next = nextOf(response, url);
    if (next === undefined)
      return { status, message: statusMessage, mayPass: status >= 500 || status === 429 || status === 403 };
    url = next;
  }
  return { status: 310, message: `more than ${redirectsMax} redirections`, mayPass: false };
}

function nextOf(response: IncomingMessage, url: URL): URL | undefined {
  response.resume();
  const { location } = response.headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return undefined;
  const next = new URL(location, url);
  if (next.protocol !== url.protocol)
    throw new Error(`Could not download bundle at '${url.href}': it leads to the unencrypted "${next.origin}"`);
  return next;
}
