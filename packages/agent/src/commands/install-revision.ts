import type { AgentContext } from "./agent-context.ts";
import { readAttributes } from "../deployment/archive-attributes.ts";
import { type DeploymentFolders, writePointer } from "../deployment/deployment-folders.ts";
import { writeWarnings } from "./deployment-output.ts";
import { install } from "../install/index.ts";
import { checkEvents } from "./lifecycle-events.ts";
import type { Specification } from "../protocol/specification.ts";
import { readAppSpec } from "../scripts/lifecycle-scripts.ts";

/** Runs Install: replaces what the previous revision has installed by this one (agent.md §5). */
export async function installRevision(
  { configuration, log }: AgentContext,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const { deploymentGroupId, fileExistsBehavior, allPossibleLifecycleEvents } = specification;
  const { appSpec, file, warnings } = readAppSpec(folders.archive, specification.appSpecFilename);
  if (allPossibleLifecycleEvents !== undefined) checkEvents(appSpec, file, allPossibleLifecycleEvents);
  const allWarnings: string[] = [...warnings];
  await install({
    archive: folders.archive,
    attributes: readAttributes(folders.deployment),
    appSpec,
    instructionsFolder: folders.instructions,
    deploymentGroupId,
    fileExistsBehavior: appSpec.fileExistsBehavior ?? fileExistsBehavior,
    installRoot: configuration.installRoot,
    followsLinks: !configuration.rejectSymlinkPermissionTargets,
    allowsUnconfined: !configuration.rejectUnconfinedSelinuxInBundle,
    allowsSetuid: !configuration.rejectUnsafePermissionsInBundle,
    allowsTraversal: !configuration.rejectPathTraversalInBundle,
    log,
    warn: (line) => allWarnings.push(line),
  });
  writeWarnings(configuration, { event: "Install", specification, folders, warnings: allWarnings });
  writePointer(folders.instructions, deploymentGroupId, {
    pointer: "last_successful_install",
    deployment: folders.deployment,
  });
}
