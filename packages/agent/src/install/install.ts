import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AppSpec } from "@sluice/engine/appspec";
import { carryOut } from "./carry-out.ts";
import { CleanupList } from "./cleanup.ts";
import { planInstallation } from "./plan.ts";

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
  readonly log: (line: string) => void;
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
  log,
}: Installation): Promise<void> {
  mkdirSync(instructionsFolder, { recursive: true });
  const list = new CleanupList(join(instructionsFolder, `${deploymentGroupId}-cleanup`));
  const instructions = planInstallation({ archive, appSpec, fileExistsBehavior, installRoot, absent: list.paths() });

  list.carryOut();
  writeFileSync(join(instructionsFolder, `${deploymentGroupId}-install.json`), JSON.stringify({ instructions }));
  for (const instruction of instructions) await carryOut(instruction, list);
  log(`Installed ${instructions.filter(({ type }) => type === "copy").length} files`);
}
