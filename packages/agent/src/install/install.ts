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

/** A revision to install on this host. */
export interface Installation {
  /** The unpacked revision. */
  readonly archive: string;
  /** The attributes of its files that were deferred when it was unpacked. */
  readonly attributes?: ArchiveAttributes | undefined;
  readonly appSpec: AppSpec;
  readonly instructionsFolder: string;
  readonly deploymentGroupId: string;
  readonly fileExistsBehavior: string;
  /** A folder that is put in front of every destination. */
  readonly installRoot: string | undefined;
  /** Whether permissions of a symbolic link are applied to its target, as by the official agent. */
  readonly followsLinks?: boolean | undefined;
  /** Whether SELinux types without any restrictions are allowed. */
  readonly allowsUnconfined?: boolean | undefined;
  /** Whether setuid and setgid files are allowed. */
  readonly allowsSetuid?: boolean | undefined;
  /** Whether paths of the AppSpec file may contain `..`. */
  readonly allowsTraversal?: boolean | undefined;
  readonly log: (line: string) => void;
  /** Called with what is probably a mistake. */
  readonly warn: (line: string) => void;
}

/**
 * Replaces what the deployment group's previous revision has installed by this one (agent.md §3.5, §5).
 * Unlike AWS's first agent, everything is planned first: what cannot be installed leaves the previous revision in place.
 */
export async function install(installation: Installation): Promise<void> {
  try {
    await replace(installation);
  } catch (error) {
    throw replacedFolder(error);
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

/** A path that the plan saw, or the agent created, as a folder and that cannot be opened as one now was replaced meanwhile. */
function replacedFolder(error: unknown): unknown {
  if (!(error instanceof Error && "code" in error && error.code === "ENOTDIR")) return error;
  return new Error(
    `The deployment failed because somebody has put something else, such as a link, in the place of a folder while the revision was being installed: ${error.message}`,
    { cause: error },
  );
}
