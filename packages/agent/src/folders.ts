import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./atomic-file.ts";
import type { Specification } from "./protocol/specification.ts";

/** Where everything of one deployment on this host lies (agent.md §3.2). */
export interface DeploymentFolders {
  /** `<root>/<group>/<deployment>` */
  readonly deployment: string;
  readonly bundle: string;
  readonly archive: string;
  readonly logs: string;
  /** The folder of the whole group. */
  readonly group: string;
  readonly instructions: string;
}

/** Gives the folders of a deployment, and makes its own. */
export function openDeploymentFolders(
  rootDir: string,
  { deploymentGroupId, deploymentId }: Specification,
): DeploymentFolders {
  const group = join(rootDir, deploymentGroupId);
  const deployment = join(group, deploymentId);
  mkdirSync(deployment, { recursive: true });
  if (!statSync(deployment).isDirectory()) throw new Error(`Error creating deployment root directory ${deployment}`);
  return {
    group,
    deployment,
    bundle: join(deployment, "bundle.tar"),
    archive: archiveOf(deployment),
    logs: join(deployment, "logs"),
    instructions: join(rootDir, "deployment-instructions"),
  };
}

/** The unpacked revision of a deployment's folder. */
export function archiveOf(deployment: string): string {
  return join(deployment, "deployment-archive");
}

/** Which deployment's folder a group points to: the last one that was installed, or downloaded. */
export type Pointer = "last_successful_install" | "most_recent_install";

/** The deployment folder that a pointer names; undefined when there is none yet. */
export function readPointer(instructions: string, group: string, pointer: Pointer): string | undefined {
  const file = pointerFile(instructions, group, pointer);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** Sets a pointer to a deployment's folder. */
export function writePointer(
  instructions: string,
  group: string,
  { pointer, deployment }: { pointer: Pointer; deployment: string },
): void {
  mkdirSync(instructions, { recursive: true });
  writeAtomically(pointerFile(instructions, group, pointer), deployment);
}

const pointerFile = (instructions: string, group: string, pointer: Pointer) =>
  join(instructions, `${group}_${pointer}`);
