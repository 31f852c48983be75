import { join } from "node:path";
import type { AgentContext } from "./agent-context.ts";
import type { DeploymentFolders } from "../deployment/deployment-folders.ts";
import { outputTarget } from "./deployment-output.ts";
import type { LifecycleCommand, PreparedCommand } from "./lifecycle-command.ts";
import type { Specification } from "../protocol/specification.ts";
import { scriptEnvironment } from "../scripts/environment.ts";
import { lifecycleScripts } from "../scripts/lifecycle-scripts.ts";
import { PreforkedShell } from "../scripts/preforked-shell.ts";
import { canPrefork, runScript, userOf } from "../scripts/script.ts";
import { ScriptOutput } from "../scripts/script-output.ts";

/** Prepares an event with scripts: reads the AppSpec file, and forks the shell that becomes the first script. */
export function prepareScripts(
  context: AgentContext,
  { name, specification, onScriptStarted, onOutput }: LifecycleCommand,
  folders: DeploymentFolders,
): PreparedCommand {
  const { configuration, spareShell, log } = context;
  const { scripts, archive } = lifecycleScripts(name, specification, folders);
  const environment = environmentOf(context, specification, name);
  const allowsOutside = !configuration.rejectPathTraversalInBundle;
  const [first] = scripts;
  const isPreforked = first !== undefined && canPrefork(first, { archive, environment });
  const shell = isPreforked ? (spareShell?.take(specification) ?? PreforkedShell.open(environment)) : undefined;
  const execute = async () => {
    if (scripts.length === 0) return;
    const target = { ...outputTarget(configuration, specification, folders), live: onOutput };
    const output = new ScriptOutput(target, name);
    const scriptContext = { archive, environment, output, allowsOutside, onStarted: onScriptStarted };
    try {
      for (const script of scripts) {
        const path = JSON.stringify(join(archive, script.location));
        log(`${specification.deploymentId}: ${name} runs ${path} ${userOf(script)}`);
        await runScript(script, { ...scriptContext, shell: script === first ? shell : undefined });
      }
    } finally {
      shell?.close();
      output.close();
    }
  };
  return { execute, abandon: () => shell?.close() };
}

/** Forks a shell for the deployment's next script, whichever event it belongs to. */
export function preforkNext(context: AgentContext, specification: Specification): void {
  context.spareShell?.keep(specification, () => PreforkedShell.open(environmentOf(context, specification, "")));
}

function environmentOf(
  { configuration, environment }: AgentContext,
  specification: Specification,
  event: string,
): NodeJS.ProcessEnv {
  return scriptEnvironment(environment, specification, {
    event,
    installRoot: configuration.installRoot,
    rules: {
      allowlistOnly: configuration.restrictHookEnvToAllowlist,
      stripLoader: configuration.stripLoaderEnvInHooks,
    },
  });
}
