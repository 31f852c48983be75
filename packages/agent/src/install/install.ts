import { join } from "node:path";
import type { AppSpec } from "@sluice/engine/appspec";
import type { ArchiveAttributes } from "../deployment/archive-attributes.ts";
import { ownFolderMode, writeAtomically } from "../files/atomic-file.ts";
import { makeFolders } from "../files/make-folders.ts";
import { Installer } from "./installer.ts";
import { cleanupFile, CleanupList, type Removals } from "./cleanup-list.ts";
import { type InstallationPlan, planInstallation } from "./plan.ts";
import { refuseUnconfined } from "./plan-permissions.ts";
import { UnfinishedInstallation, unfinishedFile } from "./unfinished-installation.ts";

/** One revision to install on this host. */
export interface Installation {
  /** The unpacked revision. */
  readonly archive: string;
  /** What the bundle says of files in it that are not so yet. */
  readonly attributes?: ArchiveAttributes | undefined;
  readonly appSpec: AppSpec;
  readonly instructionsFolder: string;
  readonly deploymentGroupId: string;
  readonly fileExistsBehavior: string;
  /** A folder in front of every destination. */
  readonly installRoot: string | undefined;
  /** Whether permissions of a symbolic link change what it leads to, as they do with the official agent. */
  readonly followsLinks?: boolean | undefined;
  /** Whether SELinux types that confine nothing are allowed. */
  readonly allowsUnconfined?: boolean | undefined;
  /** Whether files may run with their owner's rights. */
  readonly allowsSetuid?: boolean | undefined;
  /** Whether paths of the AppSpec file may have `..` in them. */
  readonly allowsTraversal?: boolean | undefined;
  readonly log: (line: string) => void;
  /** Told what is probably not meant so. */
  readonly warn: (line: string) => void;
}

/**
 * Replaces what the group's previous revision has installed by this one (agent.md §3.5, §5).
 * Unlike AWS's first agent, everything is planned first: what cannot be installed leaves the previous revision in place.
 */
export async function install(installation: Installation): Promise<void> {
  try {
    await replace(installation);
  } catch (error) {
    throw exchanged(error);
  }
}

async function replace(installation: Installation): Promise<void> {
  const { appSpec, instructionsFolder, deploymentGroupId, log, warn } = installation;
  if (installation.allowsUnconfined !== true) refuseUnconfined(appSpec.permissions);
  makeFolders(instructionsFolder, ownFolderMode);
  const list = new CleanupList(cleanupFile(instructionsFolder, deploymentGroupId), warn);
  const unfinished = new UnfinishedInstallation(unfinishedFile(instructionsFolder, deploymentGroupId));
  unfinished.sweep(list.folders);
  const removals = list.removals();
  const plan = planFor(installation, removals);
  unfinished.sweep(plan.targetFolders);
  for (const warning of plan.warnings) warn(warning);

  const temporaryPrefix = unfinished.begin();
  try {
    const followsLinks = installation.followsLinks ?? false;
    const installer = new Installer(plan, { list, followsLinks, remaining: removals.folders, temporaryPrefix, warn });
    list.carryOut(installer.begin());
    writeAtomically(
      join(instructionsFolder, `${deploymentGroupId}-install.json`),
      JSON.stringify({ instructions: plan.instructions }),
    );
    await installer.carryOut();
  } finally {
    list.close();
    unfinished.end();
  }
  log(`Installed ${plan.instructions.filter(({ type }) => type === "copy").length} files`);
}

function planFor(installation: Installation, removals: Removals): InstallationPlan {
  const { archive, attributes, appSpec, fileExistsBehavior, installRoot, allowsSetuid, allowsTraversal } = installation;
  return planInstallation({
    archive,
    attributes,
    appSpec,
    fileExistsBehavior,
    installRoot,
    removals,
    allowsSetuid: allowsSetuid ?? false,
    allowsTraversal: allowsTraversal ?? false,
  });
}

/** A folder that cannot be opened as one, though the plan has seen it or the agent has made it, is somebody else's now. */
function exchanged(error: unknown): unknown {
  if (!(error instanceof Error && "code" in error && error.code === "ENOTDIR")) return error;
  return new Error(
    `The deployment failed because somebody has put something else, such as a link, in the place of a folder while the revision was being installed: ${error.message}`,
    { cause: error },
  );
}
