import { spawn } from "node:child_process";
import { join } from "node:path";
import { isSea } from "node:sea";
import { setTimeout as pause } from "node:timers/promises";
import { AgentLog } from "../agent-log.ts";
import type { Configuration } from "../config.ts";
import { runHostAgent } from "../host-agent.ts";
import { trackedDeployments } from "../commands/journal.ts";
import { ownFolderMode } from "../files/atomic-file.ts";
import { makeFolders } from "../files/make-folders.ts";
import { stackOf } from "../error-text.ts";
import { checkAgentFolders } from "./agent-folders.ts";
import { securityWarnings } from "./security-warnings.ts";
import { disableCoreDumps } from "./core-dumps.ts";
import { checkProxy } from "./node-version.ts";
import { closeToOthers, openOutput } from "./own-files.ts";
import { PidFile } from "./pid-file.ts";
import { dropPrivileges } from "./privileges.ts";

/** What the commands of the program need. */
export interface Program {
  readonly configuration: Configuration;
  readonly configurationFile: string;
  /** Keys of the official agents in the file that have no effect here. */
  readonly retired: readonly string[];
  /** Unknown keys in the file. */
  readonly unread: readonly string[];
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Prints the last line of a command, and returns its exit code. */
const succeed = (line: string): number => {
  console.log(line);
  return 0;
};
const fail = (line: string): number => {
  console.error(`error: ${line}`);
  return 1;
};

/** Runs the agent in this process until a signal ends it. */
export async function run(program: Program): Promise<number> {
  const { configuration, version, environment } = program;
  closeToOthers();
  checkAgentFolders(configuration);
  dropPrivileges(configuration);
  const log = new AgentLog({
    folder: configuration.logDir,
    name: configuration.programName,
    verbose: configuration.verbose,
  });
  const pidFile = new PidFile(configuration.pidDir, configuration.programName);
  if (!pidFile.take()) {
    log.error(`Could not acquire lock on ${pidFile.path} - aborting start!`);
    return fail(`The AWS CodeDeploy agent is running as PID ${pidFile.running()}`);
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) process.on(signal, () => stop.abort());
  const logFatal = (error: unknown) => log.error(`The agent ends: ${stackOf(error)}`);
  process.on("uncaughtExceptionMonitor", logFatal);
  try {
    checkProxy(configuration.proxyUri, process.versions.node);
    for (const line of [...unusedKeys(program), ...securityWarnings(configuration)]) log.warn(line);
    const dumps = configuration.disableCoreDumps ? disableCoreDumps() : undefined;
    if (dumps !== undefined) log.warn(dumps);
    process.send?.("started");
    if (process.connected) process.disconnect?.();
    log.info(`Version ${version} started`);
    await runHostAgent({ configuration, environment, log, version, signal: stop.signal });
    log.info("Stopped");
    return 0;
  } catch (error) {
    logFatal(error);
    throw error;
  } finally {
    pidFile.release();
  }
}

function unusedKeys({ retired, unread }: Program): readonly string[] {
  return [
    ...(retired.length === 0 ? [] : [`Configuration keys that change nothing in this agent: ${retired.join(", ")}`]),
    ...(unread.length === 0 ? [] : [`Configuration keys that are not known: ${unread.join(", ")}`]),
  ];
}

/** Starts the agent in the background. */
export async function start({ configuration, configurationFile }: Program): Promise<number> {
  const pidFile = new PidFile(configuration.pidDir, configuration.programName);
  if (pidFile.running() !== undefined) return 0;
  if (pidFile.isStale()) console.log(`Pidfile ${pidFile.path} present but no matching process running - cleaning up`);
  closeToOthers();
  checkAgentFolders(configuration);
  makeFolders(configuration.logDir, ownFolderMode);
  const output = openOutput(join(configuration.logDir, `${configuration.programName}.output.log`));
  const child = spawn(process.execPath, [...ownScript(), "--config_file", configurationFile, "run"], {
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
    env: { MALLOC_ARENA_MAX: "2", ...process.env }, // each of glibc's arenas keeps the most memory that it ever had
  });
  const began = await new Promise<boolean>((resolve) => {
    child.once("message", () => resolve(true));
    child.once("exit", () => resolve(false));
    child.once("error", () => resolve(false));
  });
  if (!began)
    return fail(
      `The agent ended before it began; see ${join(configuration.logDir, `${configuration.programName}.output.log`)}`,
    );
  if (child.connected) child.disconnect();
  child.unref();
  return succeed(`Started master ${child.pid} with 1 children`);
}

/** Returns the arguments by which Node runs this program; none when it is a single executable. */
function ownScript(): readonly string[] {
  return isSea() ? [] : [...process.execArgv, process.argv[1] ?? ""];
}

/** The interval at which the end of the agent is checked for, in milliseconds. */
const checkMilliseconds = 20;

/** Stops the agent. Fails while a deployment is in progress, which must not be interrupted. */
export async function stop({ configuration }: Program): Promise<number> {
  const pidFile = new PidFile(configuration.pidDir, configuration.programName);
  const pid = pidFile.running();
  if (pid === undefined) return succeed("Nothing running that could be stopped");
  console.log("Checking first if a deployment is already in progress");
  const deployments = trackedDeployments(join(configuration.rootDir, configuration.ongoingDeploymentTracking));
  if (deployments.length > 0)
    return fail(
      `Deployment ${deployments.join(", ")} is in progress, so the agent goes on. Try again when it has ended, or end it at once with: kill ${pid}`,
    );
  console.log(`Stopping master ${pid}`);
  process.kill(pid, "SIGTERM");
  while (pidFile.running() === pid) await pause(checkMilliseconds);
  return 0;
}

/** Prints whether the agent runs. */
export async function status({ configuration }: Program): Promise<number> {
  const pidFile = new PidFile(configuration.pidDir, configuration.programName);
  const pid = pidFile.running();
  if (pid !== undefined) return succeed(`The AWS CodeDeploy agent is running as PID ${pid}`);
  if (pidFile.isStale()) console.log(`Pidfile ${pidFile.path} present but no matching process running - cleaning up`);
  return fail("No AWS CodeDeploy agent running");
}

/** Stops the agent if it runs, and starts it. */
export async function restart(program: Program): Promise<number> {
  const stopped = await stop(program);
  return stopped === 0 ? start(program) : stopped;
}
