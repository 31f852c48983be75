import { resolve } from "node:path";
import { Invalid } from "./validate.ts";

/** Returns the revision of a specification for the tool's options (agent.md §8.2). Throws Invalid. */
export function localRevision(location: string, type: string): object {
  if (location.startsWith("s3:")) return s3Revision(location, type);
  if (location.startsWith("https:")) return gitHubRevision(location, type);
  return {
    RevisionType: type === "directory" ? "Local Directory" : "Local File",
    LocalRevision: { Location: resolve(location), BundleType: type },
  };
}

function s3Revision(location: string, BundleType: string): object {
  const [, Bucket, Key, query = ""] = /^s3:\/\/([^/?]+)\/([^?]+)(?:\?(.*))?$/.exec(location) ?? [];
  if (Bucket === undefined || Key === undefined)
    throw new Invalid(`s3 location ${location} not in the expected format of 's3://bucket/key'`);
  const parameters = new URLSearchParams(query);
  const [Version, ETag] = ["versionId", "etag"].map((name) => parameters.get(name) ?? undefined);
  return { RevisionType: "S3", S3Revision: { Bucket, Key, BundleType, Version, ETag } };
}

function gitHubRevision(location: string, type: string): object {
  const url = new URL(location);
  const [first, Account, Repository, , CommitId] = url.pathname.split("/").slice(1);
  const BundleType = type === "tar" ? "tar" : "zip";
  const gitHub = (fields: object) => ({ RevisionType: "GitHub", GitHubRevision: { ...fields, BundleType } });
  if (url.hostname === "api.github.com" && first === "repos" && CommitId !== undefined)
    return gitHub({ Account, Repository, CommitId });
  const [, account, repository] = /^\/([^/]+)\/(.+?)\/?$/.exec(url.pathname) ?? [];
  if (url.hostname === "github.com" && account !== undefined)
    return gitHub({ Account: account, Repository: repository, CommitId: "HEAD" });
  throw new Invalid(`unknown location ${location} cannot be determined to be S3, Github, or a local file / directory`);
}
