import { join } from "node:path";
import { downloadBundle, unpackBundle } from "./bundle/index.ts";
import type { Configuration } from "./config.ts";
import { type DeploymentFolders, openDeploymentFolders, writePointer } from "./folders.ts";
import type { Identity } from "./identity/identity.ts";
import { install } from "./install/index.ts";
import type { ScriptProcess } from "./journal.ts";
import type { SignedRequests } from "./protocol/signed-requests.ts";
import type { Specification } from "./protocol/specification.ts";
import { deleteOldRevisions } from "./retention.ts";
import { scriptEnvironment } from "./scripts/environment.ts";
import { isScriptable, lifecycleScripts, readAppSpec } from "./scripts/lifecycle-scripts.ts";
import { runScript } from "./scripts/script.ts";
import { ScriptOutput } from "./scripts/script-output.ts";

/** What executing a command needs of the agent around it. */
export interface Host {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly requests: SignedRequests;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** A command of one deployment. */
export interface Work {
  readonly name: string;
  readonly specification: Specification;
  /** Told of each script's process. */
  readonly started: (process: ScriptProcess) => void;
}

/** Executes one command (agent.md §3). Throws what the control plane is to be told: a ScriptError, or an Error with a sentence. */
export async function execute(host: Host, work: Work): Promise<void> {
  const folders = openDeploymentFolders(host.configuration.rootDir, work.specification);
  if (work.name === "DownloadBundle") return download(host, work.specification, folders);
  if (work.name === "Install") return installRevision(host, work.specification, folders);
  if (isScriptable(work.name)) return runScripts(host, work, folders);
  throw new Error(`Unsupported command type: ${work.name}.`);
}

/** Whether there is nothing to do for a command: only events with scripts can tell (agent.md §1.4). Throws when their AppSpec file is missing or wrong. */
export function isNoop(
  { configuration }: Host,
  { name, specification }: Pick<Work, "name" | "specification">,
): boolean {
  if (name === "DownloadBundle" || name === "Install") return false;
  if (!isScriptable(name)) return true;
  return (
    lifecycleScripts(name, specification, openDeploymentFolders(configuration.rootDir, specification)).scripts
      .length === 0
  );
}

async function download(
  { configuration, identity, requests, log }: Host,
  { deploymentGroupId, revision }: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  await deleteOldRevisions(folders, deploymentGroupId, configuration.maxRevisions);
  await downloadBundle({
    revision,
    into: folders.bundle,
    credentials: await identity.credentials(),
    region: identity.region,
    endpoint: configuration.s3EndpointOverride,
    requests,
    log,
  });
  await unpackBundle({ file: folders.bundle, type: revision.bundleType, into: folders.archive });
  writePointer(folders.instructions, deploymentGroupId, {
    pointer: "most_recent_install",
    deployment: folders.deployment,
  });
}

async function installRevision(
  { configuration, log }: Host,
  specification: Specification,
  folders: DeploymentFolders,
): Promise<void> {
  const { deploymentGroupId, fileExistsBehavior } = specification;
  const { appSpec, warnings } = readAppSpec(folders.archive, specification.appSpecFilename);
  for (const warning of warnings) log(warning);
  await install({
    archive: folders.archive,
    appSpec,
    instructionsFolder: folders.instructions,
    deploymentGroupId,
    fileExistsBehavior: appSpec.fileExistsBehavior ?? fileExistsBehavior,
    installRoot: configuration.installRoot,
    log,
  });
  writePointer(folders.instructions, deploymentGroupId, {
    pointer: "last_successful_install",
    deployment: folders.deployment,
  });
}

async function runScripts(
  { configuration, environment }: Host,
  { name, specification, started }: Work,
  folders: DeploymentFolders,
): Promise<void> {
  const { scripts, archive } = lifecycleScripts(name, specification, folders);
  if (scripts.length === 0) return;
  const merged = join(configuration.rootDir, "deployment-logs", `${configuration.programName}-deployments.log`);
  const target = {
    deploymentId: specification.deploymentId,
    logs: folders.logs,
    ...(configuration.enableDeploymentsLog ? { merged } : {}),
  };
  const context = {
    archive,
    environment: scriptEnvironment(environment, specification, { event: name, installRoot: configuration.installRoot }),
    output: new ScriptOutput(target, name),
    started,
  };
  for (const script of scripts) await runScript(script, context);
}
