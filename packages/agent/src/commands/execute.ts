import type { AgentContext } from "./agent-context.ts";
import { openDeploymentFolders } from "../deployment/deployment-folders.ts";
import { downloadRevision } from "./download.ts";
import { installRevision } from "./install-revision.ts";
import type { LifecycleCommand, PreparedCommand } from "./lifecycle-command.ts";
import { prepareScripts } from "./run-scripts.ts";
import { isScriptable, lifecycleScripts } from "../scripts/lifecycle-scripts.ts";
import { leaveDeletedFolder } from "../files/working-folder.ts";

/** Executes one command (agent.md §3). Throws what is to be reported: a ScriptError, or an Error with a sentence. */
export async function execute(context: AgentContext, command: LifecycleCommand): Promise<void> {
  await prepare(context, command).execute();
}

/** Does what takes time and has no effect, so that less is left to do when the command may run. */
export function prepare(context: AgentContext, command: LifecycleCommand): PreparedCommand {
  const { name, specification } = command;
  leaveDeletedFolder();
  const folders = openDeploymentFolders(context.configuration.rootDir, specification);
  const abandon = () => {};
  if (name === "DownloadBundle") return { execute: () => downloadRevision(context, specification, folders), abandon };
  if (name === "Install") return { execute: () => installRevision(context, specification, folders), abandon };
  if (hasScripts(command)) return prepareScripts(context, command, folders);
  throw new Error(`Unsupported command type: ${name}.`);
}

/** Whether a command has nothing to do, as only events with scripts can (agent.md §1.4). Throws when their AppSpec file is missing or wrong. */
export function isNoop(
  { configuration }: AgentContext,
  { name, specification }: Pick<LifecycleCommand, "name" | "specification">,
): boolean {
  if (name === "DownloadBundle" || name === "Install") return false;
  if (!hasScripts({ name, specification })) return true;
  const folders = openDeploymentFolders(configuration.rootDir, specification);
  return lifecycleScripts(name, specification, folders).scripts.length === 0;
}

/** Whether a command is an event with scripts: one of the usual ones, or one that the specification itself names. */
const hasScripts = ({ name, specification }: Pick<LifecycleCommand, "name" | "specification">): boolean =>
  isScriptable(name) || specification.allPossibleLifecycleEvents?.includes(name) === true;
