import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AppSpec } from "@sluice/engine/appspec";
import { writeAtomically } from "../atomic-file.ts";
import { Installer } from "./carry-out.ts";
import { CleanupList } from "./cleanup.ts";
import { planInstallation } from "./plan.ts";
import { refuseUnconfined } from "./plan-permissions.ts";

/** One revision to install on this host. */
export interface Installation {
  /** The unpacked revision. */
  readonly archive: string;
  readonly appSpec: AppSpec;
  readonly instructionsFolder: string;
  readonly deploymentGroupId: string;
  readonly fileExistsBehavior: string;
  /** A folder in front of every destination. */
  readonly installRoot: string | undefined;
  /** Whether permissions of a symbolic link change what it leads to, as they do with the official agent. */
  readonly followsLinks?: boolean;
  /** Whether SELinux types that confine nothing are allowed. */
  readonly allowsUnconfined?: boolean;
  readonly log: (line: string) => void;
  /** Told what is probably not meant so. */
  readonly warn: (line: string) => void;
}

/**
 * Replaces what the group's previous revision has installed by this one (agent.md §3.5, §5).
 * Unlike AWS's first agent, everything is planned first: what cannot be installed leaves the previous revision in place.
 */
export async function install({
  archive,
  appSpec,
  instructionsFolder,
  deploymentGroupId,
  fileExistsBehavior,
  installRoot,
  followsLinks = false,
  allowsUnconfined = false,
  log,
  warn,
}: Installation): Promise<void> {
  if (!allowsUnconfined) refuseUnconfined(appSpec.permissions);
  mkdirSync(instructionsFolder, { recursive: true });
  const list = new CleanupList(join(instructionsFolder, `${deploymentGroupId}-cleanup`));
  const plan = planInstallation({ archive, appSpec, fileExistsBehavior, installRoot, absent: list.paths() });
  for (const warning of plan.warnings) warn(warning);

  list.carryOut();
  writeAtomically(
    join(instructionsFolder, `${deploymentGroupId}-install.json`),
    JSON.stringify({ instructions: plan.instructions }),
  );
  const installer = new Installer(list, { followsLinks, warn });
  try {
    await installer.carryOut(plan.instructions);
  } finally {
    list.close();
  }
  log(`Installed ${plan.instructions.filter(({ type }) => type === "copy").length} files`);
}
