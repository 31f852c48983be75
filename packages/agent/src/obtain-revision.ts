import { join } from "node:path";
import { type ArchiveAttributes, readAttributes, writeAttributes } from "./archive-attributes.ts";
import { checkManifest, writeManifest } from "./archive-manifest.ts";
import {
  copyLocalDirectory,
  copyUnpacked,
  downloadFromGitHub,
  downloadFromS3,
  linkLocalFile,
  unpackBundle,
} from "./bundle/index.ts";
import { bundleRules, type Configuration } from "./config.ts";
import { messageOf } from "./error-text.ts";
import { archiveOf, type DeploymentFolders, readPointer } from "./folders.ts";
import type { Identity } from "./identity/identity.ts";
import type { Revision } from "./protocol/revision.ts";
import type { SignedRequests } from "./protocol/signed-requests.ts";
import type { Specification } from "./protocol/specification.ts";
import { doublingPauses } from "./retry.ts";

/** What obtaining a revision needs of the agent around it. */
export interface RevisionSources {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly requests: SignedRequests;
  readonly log: (line: string) => void;
  /** Told of what is odd about a bundle and hurts nobody. */
  readonly warn: (line: string) => void;
}

/** Has the revision in its folder: from where it is kept, or from its bundle. */
export async function obtainRevision(
  host: RevisionSources,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const kept = keptDeployment(host.configuration, specification, folders);
  if (kept === undefined) return fetchAndUnpack(host, specification, folders);
  const found = await checkManifest(kept, archiveOf(kept));
  if ("names" in found) {
    writeAttributes(folders.deployment, await copyUnpacked(archiveOf(kept), folders.archive, readAttributes(kept)));
    return writeManifest(folders.deployment, folders.archive, found.names);
  }
  const trouble = `The revision that deployment ${specification.reuseArchiveFrom} has left here is not whole: ${found.trouble}`;
  host.log(`${specification.deploymentId}: ${trouble}; it is fetched again`);
  try {
    await fetchAndUnpack(host, specification, folders);
  } catch (cause) {
    throw new Error(`${trouble}. It cannot be fetched again: ${messageOf(cause)}`, { cause });
  }
}

async function fetchAndUnpack(
  host: RevisionSources,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const { revision } = specification;
  const copied = await fetchRevision(host, revision, folders);
  const unpacked =
    revision.bundleType === "directory"
      ? undefined
      : await unpackBundle({
          file: folders.bundle,
          type: revision.bundleType,
          into: folders.archive,
          rules: bundleRules(host.configuration),
          warn: host.warn,
        });
  writeAttributes(folders.deployment, unpacked ?? copied ?? new Map());
  await writeManifest(folders.deployment, folders.archive);
}

/** The folder of the deployment whose revision a restart names, if this host's last installation was of it. Otherwise it is fetched anew. */
function keptDeployment(
  { enableArchiveReuse }: Configuration,
  { deploymentGroupId, reuseArchiveFrom }: Specification,
  { group, instructions }: DeploymentFolders,
): string | undefined {
  if (!enableArchiveReuse || reuseArchiveFrom === undefined) return undefined;
  const deployment = join(group, reuseArchiveFrom);
  return readPointer(instructions, deploymentGroupId, "last_successful_install") === deployment
    ? deployment
    : undefined;
}

async function fetchRevision(
  { configuration, identity, requests, log }: RevisionSources,
  revision: Revision,
  { bundle: into, archive }: DeploymentFolders,
): Promise<ArchiveAttributes | void> {
  const trying = {
    pauses: doublingPauses({ longestThrottledSeconds: configuration.waitAfterThrottleErrorSeconds }),
    log,
  };
  switch (revision.type) {
    case "S3":
      return downloadFromS3({
        revision,
        into,
        credentials: () => identity.credentials(),
        region: identity.region,
        endpoint: configuration.s3EndpointOverride,
        useFips: configuration.useFipsMode,
        requests,
        trying,
      });
    case "GitHub":
      return downloadFromGitHub({ revision, into, endpoint: configuration.gitHubEndpoint, requests, trying });
    case "Local File":
      return linkLocalFile(revision, into);
    case "Local Directory":
      return copyLocalDirectory(revision, archive);
  }
}
