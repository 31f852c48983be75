import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ownFolderMode, writeAtomically } from "../files/atomic-file.ts";
import { makeFolders } from "../files/make-folders.ts";
import { readOwnFile, setAside } from "../files/own-file.ts";
import type { Specification } from "../protocol/specification.ts";

/** The paths of one deployment on this host (agent.md §3.2). */
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

/** Returns the paths of a deployment, and creates its folder. */
export function openDeploymentFolders(
  rootDir: string,
  { deploymentGroupId, deploymentId }: Specification,
): DeploymentFolders {
  const group = join(rootDir, deploymentGroupId);
  const deployment = join(group, deploymentId);
  makeFolders(deployment);
  if (!statSync(deployment).isDirectory()) throw new Error(`Error creating deployment root directory ${deployment}`);
  return {
    group,
    deployment,
    bundle: join(deployment, "bundle.tar"),
    archive: archiveOf(deployment),
    logs: join(deployment, "logs"),
    instructions: instructionsOf(rootDir),
  };
}

/** Returns the folder with the agent's records of all groups. */
export function instructionsOf(rootDir: string): string {
  return join(rootDir, "deployment-instructions");
}

/** Returns the path of a deployment's unpacked revision. */
export function archiveOf(deployment: string): string {
  return join(deployment, "deployment-archive");
}

/** A group's pointer to a deployment's folder: the last one that was installed, or downloaded. */
export type Pointer = "last_successful_install" | "most_recent_install";

/** Returns the deployment folder that a pointer names, or undefined when there is none yet. Throws one sentence when the file is damaged; it is renamed then, and the next deployment finds none. */
export function readPointer(instructions: string, group: string, pointer: Pointer): string | undefined {
  const file = pointerFile(instructions, group, pointer);
  const bytes = readOwnFile(file);
  if (bytes === undefined) return undefined;
  const text = bytes.toString("utf8").trim();
  if (isUtf8(bytes) && isDeploymentFolder(text)) return text;
  throw new Error(
    `The file "${file}", which names the folder of the group's ${pointer === "last_successful_install" ? "last successful deployment" : "newest deployment"}, is damaged: it has ${bytes.length} bytes, and the absolute path of a folder was expected. It is now "${setAside(file)}", and the next deployment takes the group for one that has had none: what scripts of the previous revision should have done is to be done by hand`,
  );
}

/** Sets a pointer to a deployment's folder. */
export function writePointer(
  instructions: string,
  group: string,
  { pointer, deployment }: { pointer: Pointer; deployment: string },
): void {
  makeFolders(instructions, ownFolderMode);
  writeAtomically(pointerFile(instructions, group, pointer), deployment);
}

/** The longest path that Linux accepts, in bytes. */
const pathBytesMax = 4095;

function isDeploymentFolder(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return isAbsolute(text) && !/[\u0000-\u001f\u007f]/.test(text) && Buffer.byteLength(text) <= pathBytesMax;
}

const pointerFile = (instructions: string, group: string, pointer: Pointer) =>
  join(instructions, `${group}_${pointer}`);
