import { join } from "node:path";
import type { Configuration } from "../config.ts";
import type { DeploymentFolders } from "../deployment/deployment-folders.ts";
import type { Specification } from "../protocol/specification.ts";
import { type OutputTarget, ScriptOutput } from "../scripts/script-output.ts";

/** Returns where the scripts of a deployment, and the warnings about it, are logged. */
export function outputTarget(
  configuration: Configuration,
  { deploymentId }: Specification,
  { logs }: DeploymentFolders,
): OutputTarget {
  const merged = join(configuration.rootDir, "deployment-logs", `${configuration.programName}-deployments.log`);
  return {
    deploymentId,
    logs,
    keepsControlCharacters: !configuration.stripEscapeCodesInLogs,
    merged: configuration.enableDeploymentsLog ? merged : undefined,
  };
}

/** Warnings of one event. */
export interface EventWarnings {
  readonly event: string;
  readonly specification: Specification;
  readonly folders: DeploymentFolders;
  readonly warnings: readonly string[];
}

/** Writes what is probably a mistake where people look when something goes wrong: into the scripts' log. */
export function writeWarnings(
  configuration: Configuration,
  { event, specification, folders, warnings }: EventWarnings,
): void {
  if (warnings.length === 0) return;
  const output = new ScriptOutput(outputTarget(configuration, specification, folders), event);
  for (const warning of warnings) output.note(`[warning]${warning}`);
  output.close();
}
