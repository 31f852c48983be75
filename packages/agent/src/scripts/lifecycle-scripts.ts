import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { type AppSpec, appSpecBytesMax, type Hook, parseAppSpec } from "@sluice/engine/appspec";
import { archiveOf, type DeploymentFolders, type Pointer, readPointer } from "../deployment/deployment-folders.ts";
import type { Specification } from "../protocol/specification.ts";

/** The events with scripts, each with the revision whose scripts run (agent.md §6.1). */
const revisionOf: Readonly<Record<string, "current" | Pointer>> = {
  BeforeBlockTraffic: "last_successful_install",
  AfterBlockTraffic: "last_successful_install",
  ApplicationStop: "last_successful_install",
  BeforeInstall: "current",
  AfterInstall: "current",
  ApplicationStart: "current",
  ValidateService: "current",
  BeforeAllowTraffic: "current",
  AfterAllowTraffic: "current",
};

/** The same for the rollback of a blue/green deployment, in which the two revisions change their roles. */
const rolledBack: Readonly<Record<string, Pointer>> = {
  BeforeBlockTraffic: "most_recent_install",
  AfterBlockTraffic: "most_recent_install",
  BeforeAllowTraffic: "last_successful_install",
  AfterAllowTraffic: "last_successful_install",
};

/** Whether an event can have scripts. */
export function isScriptable(event: string): boolean {
  return Object.hasOwn(revisionOf, event);
}

/** The scripts of one event, and the unpacked revision that they belong to. */
export interface LifecycleScripts {
  readonly scripts: readonly Hook[];
  readonly archive: string;
}

/** Returns the scripts that an event runs; none when there is no revision that could have them. Throws when that revision's AppSpec file is missing or invalid. */
export function lifecycleScripts(
  event: string,
  specification: Specification,
  folders: DeploymentFolders,
): LifecycleScripts {
  const archive = archiveFor(event, specification, folders);
  if (archive === undefined) return { scripts: [], archive: folders.archive };
  const { hooks } = readAppSpec(archive, specification.appSpecFilename).appSpec;
  return { scripts: Object.hasOwn(hooks, event) ? (hooks[event] ?? []) : [], archive };
}

function archiveFor(
  event: string,
  { deploymentGroupId, deploymentCreator, deploymentType }: Specification,
  { archive, instructions }: DeploymentFolders,
): string | undefined {
  const isRollback = deploymentCreator === "codeDeployRollback" && deploymentType === "BLUE_GREEN";
  const revision = (isRollback ? rolledBack[event] : undefined) ?? revisionOf[event] ?? "current";
  // As with the official agent, once a deployment is downloaded its own scripts run for every event.
  if (revision === "current" || existsSync(archive)) return archive;
  const deployment = readPointer(instructions, deploymentGroupId, revision);
  return deployment === undefined ? undefined : archiveOf(deployment);
}

/** A parsed AppSpec file, and its warnings. */
export interface ReadAppSpec {
  readonly appSpec: AppSpec;
  readonly file: string;
  readonly warnings: readonly string[];
}

/**
 * Reads the AppSpec file of an unpacked revision. Throws the first error's sentence.
 * Unlike AWS's first agent, every event also finds `appspec.yaml`, and each revision's file is looked up by itself.
 */
export function readAppSpec(archive: string, appSpecFilename: string): ReadAppSpec {
  const name = appSpecIn(archive, appSpecFilename);
  if (name === undefined) throw new Error(missing(archive, appSpecFilename));
  const path = realpathSync(join(archive, name));
  if (!path.startsWith(realpathSync(archive) + sep))
    throw new Error(`Cannot read the AppSpec file "${name}": it is outside of the revision`);
  const kind = statSync(path); // first, because opening a FIFO would block
  if (!kind.isFile())
    throw new Error(
      `Cannot read the AppSpec file "${name}": it is ${kind.isDirectory() ? "a folder" : "no regular file"}, and a file was expected`,
    );
  const bytes = beginning(path);
  if (lastRead?.name === name && bytes.equals(lastRead.bytes)) return lastRead.read;
  const { appSpec, findings } = parseAppSpec(bytes, { file: name, os: "linux" });
  const [error] = findings.filter(({ severity }) => severity === "error");
  if (appSpec === undefined) throw new Error(error?.message ?? `Cannot read ${name}`);
  const read = { appSpec, file: name, warnings: findings.map(({ message }) => message) };
  lastRead = { bytes, name, read };
  return read;
}

/** The last file: each event of a deployment reads the same one twice, and parsing takes longer than everything else that the agent does for an event. */
let lastRead: { readonly bytes: Buffer; readonly name: string; readonly read: ReadAppSpec } | undefined;

/** Returns the name of a revision's AppSpec file; undefined when it has none. */
export function appSpecIn(archive: string, appSpecFilename: string): string | undefined {
  return [appSpecFilename, "appspec.yaml", "appspec.yml"].find((candidate) => existsSync(join(archive, candidate)));
}

/** Reads at most one byte more than the parser accepts, enough for it to refuse a larger file. */
function beginning(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size, appSpecBytesMax + 1));
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

const missing = (archive: string, file: string) =>
  `The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "${file}". ` +
  `The revision was unpacked to directory "${archive}", and the AppSpec file was expected but not found at path "${join(archive, file)}". ` +
  `Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html`;
