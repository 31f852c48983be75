import { statfsSync } from "node:fs";
import { join } from "node:path";
import { readAttributes } from "./archive-attributes.ts";
import type { Configuration } from "./config.ts";
import { checkEvents } from "./lifecycle-events.ts";
import { type DeploymentFolders, openDeploymentFolders, writePointer } from "./folders.ts";
import { leaveDeletedFolder } from "./working-folder.ts";
import type { Identity } from "./identity/identity.ts";
import { install } from "./install/index.ts";
import type { ScriptProcess } from "./journal.ts";
import { obtainRevision } from "./obtain-revision.ts";
import type { SignedRequests } from "./protocol/signed-requests.ts";
import type { Specification } from "./protocol/specification.ts";
import type { Trust } from "./protocol/signed-content.ts";
import { deleteOldRevisions } from "./retention.ts";
import { scriptEnvironment } from "./scripts/environment.ts";
import { isScriptable, lifecycleScripts, readAppSpec } from "./scripts/lifecycle-scripts.ts";
import { Gate } from "./scripts/gate.ts";
import { fitsGate, runScript, userOf } from "./scripts/script.ts";
import type { SpareGate } from "./scripts/spare-gate.ts";
import { type OutputTarget, ScriptOutput } from "./scripts/script-output.ts";

/** What executing a command needs of the agent around it. */
export interface Host {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly requests: SignedRequests;
  readonly environment: NodeJS.ProcessEnv;
  /** Whose specifications it carries out. */
  readonly trust: Trust;
  readonly log: (line: string) => void;
  /** The process that stands ready for the next script. */
  readonly spare?: SpareGate | undefined;
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
  await prepare(host, work).execute();
}

/** A command for which everything is ready. One of the two is to be called. */
export interface Prepared {
  readonly execute: () => Promise<void>;
  /** It is not to be executed. */
  readonly drop: () => void;
}

/** Does of a command what changes nothing and takes time: so much less is left when the command may be executed. */
export function prepare(host: Host, work: Work): Prepared {
  const { name, specification } = work;
  leaveDeletedFolder();
  const folders = openDeploymentFolders(host.configuration.rootDir, specification);
  const drop = () => {};
  if (name === "DownloadBundle") return { execute: () => download(host, specification, folders), drop };
  if (name === "Install") return { execute: () => installRevision(host, specification, folders), drop };
  if (hasScripts(work)) return prepareScripts(host, work, folders);
  throw new Error(`Unsupported command type: ${name}.`);
}

/** Has a process stand ready for the next script of a deployment, of whatever event. */
export function getReady(host: Host, specification: Specification): void {
  host.spare?.keep(specification, () => Gate.open(environmentOf(host, specification, "")));
}

/** Whether there is nothing to do for a command: only events with scripts can tell (agent.md §1.4). Throws when their AppSpec file is missing or wrong. */
export function isNoop(
  { configuration }: Host,
  { name, specification }: Pick<Work, "name" | "specification">,
): boolean {
  if (name === "DownloadBundle" || name === "Install") return false;
  if (!hasScripts({ name, specification })) return true;
  return (
    lifecycleScripts(name, specification, openDeploymentFolders(configuration.rootDir, specification)).scripts
      .length === 0
  );
}

/** Whether a command is an event with scripts: one of the usual ones, or one that the specification itself names. */
const hasScripts = ({ name, specification }: Pick<Work, "name" | "specification">): boolean =>
  isScriptable(name) || specification.allPossibleLifecycleEvents?.includes(name) === true;

/** Free bytes from which on old revisions are deleted while the new one comes, and not before: they go faster than it. */
const roomBytes = 2 ** 30;

async function download(host: Host, specification: Specification, folders: DeploymentFolders): Promise<void> {
  const { deploymentGroupId } = specification;
  const { bavail, bsize } = statfsSync(folders.group);
  const { maxRevisions } = host.configuration;
  const deleting = deleteOldRevisions(folders, deploymentGroupId, { maxRevisions, warn: host.log });
  if (bavail * bsize < roomBytes) await deleting;
  const warned: string[] = [];
  const obtaining = obtainRevision({ ...host, warn: (line) => warned.push(line) }, specification, folders);
  const ended = await Promise.allSettled([obtaining, deleting]);
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  writeWarnings(host.configuration, { event: "DownloadBundle", specification, folders, warned });
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
  const { appSpec, file, warnings } = readAppSpec(folders.archive, specification.appSpecFilename);
  if (specification.allPossibleLifecycleEvents !== undefined)
    checkEvents(appSpec, file, specification.allPossibleLifecycleEvents);
  const warned: string[] = [...warnings];
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
    warn: (line) => warned.push(line),
  });
  writeWarnings(configuration, { event: "Install", specification, folders, warned });
  writePointer(folders.instructions, deploymentGroupId, {
    pointer: "last_successful_install",
    deployment: folders.deployment,
  });
}

/** What is probably not meant so stands where people look when something is not as they meant it. */
function writeWarnings(
  configuration: Configuration,
  {
    event,
    specification,
    folders,
    warned,
  }: {
    event: string;
    specification: Specification;
    folders: DeploymentFolders;
    warned: readonly string[];
  },
): void {
  if (warned.length === 0) return;
  const output = new ScriptOutput(outputTarget(configuration, specification, folders), event);
  for (const warning of warned) output.note(`[warning]${warning}`);
  output.close();
}

function outputTarget(
  configuration: Configuration,
  { deploymentId }: Specification,
  { logs }: DeploymentFolders,
): OutputTarget {
  const merged = join(configuration.rootDir, "deployment-logs", `${configuration.programName}-deployments.log`);
  return {
    deploymentId,
    logs,
    keepsControlCharacters: !configuration.stripEscapeCodesInLogs,
    ...(configuration.enableDeploymentsLog ? { merged } : {}),
  };
}

function environmentOf(
  { configuration, environment }: Host,
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

function prepareScripts(host: Host, { name, specification, started }: Work, folders: DeploymentFolders): Prepared {
  const { configuration, spare, log } = host;
  const { scripts, archive } = lifecycleScripts(name, specification, folders);
  const environment = environmentOf(host, specification, name);
  const allowsOutside = !configuration.rejectPathTraversalInBundle;
  const [first] = scripts;
  const isGated = first !== undefined && fitsGate(first, { archive, environment });
  const gate = isGated ? (spare?.take(specification) ?? Gate.open(environment)) : undefined;
  const execute = async () => {
    if (scripts.length === 0) return;
    const output = new ScriptOutput(outputTarget(configuration, specification, folders), name);
    const context = { archive, environment, output, allowsOutside, started };
    try {
      for (const script of scripts) {
        log(
          `${specification.deploymentId}: ${name} runs ${JSON.stringify(join(archive, script.location))} ${userOf(script)}`,
        );
        await runScript(script, script === first ? { ...context, gate } : context);
      }
    } finally {
      gate?.close();
      output.close();
    }
  };
  return { execute, drop: () => gate?.close() };
}
