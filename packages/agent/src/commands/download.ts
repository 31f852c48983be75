import { statfsSync } from "node:fs";
import { join } from "node:path";
import type { AgentContext } from "./agent-context.ts";
import { type ArchiveAttributes, readAttributes, writeAttributes } from "../deployment/archive-attributes.ts";
import { checkManifest, writeManifest } from "../deployment/archive-manifest.ts";
import {
  copyLocalDirectory,
  copyUnpacked,
  downloadFromGitHub,
  downloadFromS3,
  linkLocalFile,
  unpackBundle,
} from "../bundle/index.ts";
import { bundleRules, type Configuration } from "../config.ts";
import { archiveOf, type DeploymentFolders, readPointer, writePointer } from "../deployment/deployment-folders.ts";
import { writeWarnings } from "./deployment-output.ts";
import { messageOf } from "../error-text.ts";
import type { Binding } from "../protocol/binding.ts";
import { isOpenWay } from "../protocol/open-way.ts";
import type { Specification } from "../protocol/specification.ts";
import { deleteOldRevisions } from "../deployment/retention.ts";
import { doublingPauses } from "../retry.ts";

/** Below this many free bytes old revisions are deleted before the new one is downloaded; above it meanwhile, which is faster. */
const lowSpaceBytes = 2 ** 30;

/** Runs DownloadBundle: gets the revision into its folder, and deletes old revisions (agent.md §4). */
export async function downloadRevision(
  context: AgentContext,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const { configuration, log } = context;
  const { deploymentGroupId } = specification;
  const { bavail, bsize } = statfsSync(folders.group);
  const { maxRevisions } = configuration;
  const deleting = deleteOldRevisions(folders, deploymentGroupId, { maxRevisions, warn: log });
  if (bavail * bsize < lowSpaceBytes) await deleting;
  const warnings: string[] = [];
  const warn = (line: string) => warnings.push(line);
  const obtaining = obtainRevision({ ...context, warn }, specification, folders);
  const results = await Promise.allSettled([obtaining, deleting]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  writeWarnings(configuration, { event: "DownloadBundle", specification, folders, warnings });
  writePointer(folders.instructions, deploymentGroupId, {
    pointer: "most_recent_install",
    deployment: folders.deployment,
  });
}

interface DownloadContext extends AgentContext {
  /** Called with what is odd about a bundle and does no harm. */
  readonly warn: (line: string) => void;
}

/** Gets the revision from where this host has kept it, or else from its source. */
async function obtainRevision(
  context: DownloadContext,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const kept = reusableDeployment(context.configuration, specification, folders);
  if (kept === undefined) return fetchAndUnpack(context, specification, folders);
  const check = await checkManifest(kept, archiveOf(kept));
  if ("names" in check) {
    writeAttributes(folders.deployment, await copyUnpacked(archiveOf(kept), folders.archive, readAttributes(kept)));
    return writeManifest(folders.deployment, folders.archive, check.names);
  }
  const reason = `The revision that deployment ${specification.reuseArchiveFrom} has left here is not whole: ${check.fault}`;
  context.log(`${specification.deploymentId}: ${reason}; it is fetched again`);
  try {
    await fetchAndUnpack(context, specification, folders);
  } catch (cause) {
    throw new Error(`${reason}. It cannot be fetched again: ${messageOf(cause)}`, { cause });
  }
}

/** Returns the folder of the deployment whose revision a restart names, if this host's last installation was of it. */
function reusableDeployment(
  { enableArchiveReuse }: Configuration,
  { deploymentGroupId, reuseArchiveFrom }: Specification,
  { group, instructions }: DeploymentFolders,
): string | undefined {
  if (!enableArchiveReuse || reuseArchiveFrom === undefined) return undefined;
  const deployment = join(group, reuseArchiveFrom);
  const last = readPointer(instructions, deploymentGroupId, "last_successful_install");
  return last === deployment ? deployment : undefined;
}

async function fetchAndUnpack(
  context: DownloadContext,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const { revision } = specification;
  const copied = await fetchRevision(context, specification, folders);
  const unpacked =
    revision.bundleType === "directory"
      ? undefined
      : await unpackBundle({
          file: folders.bundle,
          type: revision.bundleType,
          into: folders.archive,
          rules: bundleRules(context.configuration),
          warn: context.warn,
        });
  writeAttributes(folders.deployment, unpacked ?? copied ?? new Map());
  await writeManifest(folders.deployment, folders.archive);
}

/** Fetches the bundle, or copies a local folder and returns the attributes that its copy does not have yet. */
async function fetchRevision(
  { configuration, identity, requests, log }: AgentContext,
  { revision, binding }: Specification,
  { bundle: into, archive }: DeploymentFolders,
): Promise<ArchiveAttributes | void> {
  const retryOptions = {
    pauses: doublingPauses({ longestThrottledSeconds: configuration.waitAfterThrottleErrorSeconds }),
    log,
  };
  switch (revision.type) {
    case "S3":
      await downloadFromS3({
        revision,
        into,
        sha256: binding?.revisionSha256,
        credentials: () => identity.credentials(),
        region: identity.region,
        endpoint: configuration.s3EndpointOverride,
        useFips: configuration.useFipsMode,
        requests,
        retryOptions,
      });
      return checkWay(binding, configuration.s3EndpointOverride);
    case "GitHub":
      return downloadFromGitHub({ revision, into, endpoint: configuration.gitHubEndpoint, requests, retryOptions });
    case "Local File":
      return linkLocalFile(revision, into);
    case "Local Directory":
      return copyLocalDirectory(revision, archive);
  }
}

/** Throws where neither a digest nor a certificate tells whose bytes have come, and this host is to obey one control plane alone. */
function checkWay(binding: Binding | undefined, endpoint: string | undefined): void {
  if (binding === undefined || binding.revisionSha256 !== undefined) return;
  if (endpoint !== undefined && isOpenWay(endpoint))
    throw new Error(
      `Cannot trust what has come from ${new URL(endpoint).origin}: the way there is not encrypted, and the control plane does not know the bundle's SHA-256. Use https for s3_endpoint_override`,
    );
}
