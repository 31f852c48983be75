import { spawn } from "node:child_process";
import { accessSync, chmodSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { userInfo } from "node:os";
import type { Readable } from "node:stream";
import type { Hook } from "@sluice/engine/appspec";
import { deadlineIn } from "../deadline.ts";
import type { ScriptProcess } from "../commands/journal.ts";
import { type ErrorCode, errorCodes, ScriptError } from "../commands/report.ts";
import { type Child, type Exit, exitOf, PreforkedShell } from "./preforked-shell.ts";
import { endScript } from "./end-script.ts";
import { interpreterOf, whyNotInterpreted } from "./interpreter.ts";
import { startTicks } from "./process-tree.ts";
import type { ScriptOutput } from "./script-output.ts";

/** What a script needs to run. */
export interface ScriptContext {
  /** The unpacked revision that the script belongs to. */
  readonly archive: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly output: ScriptOutput;
  /** Whether a script may be outside of the revision, through links. */
  readonly allowsOutside?: boolean | undefined;
  /** A shell that is to `exec` the script. */
  readonly shell?: PreforkedShell | undefined;
  /** Called with the process before the script can have an effect. */
  readonly onStarted: (process: ScriptProcess) => void;
}

/** Runs one script to its end (agent.md §6.3 to §6.5). Throws a ScriptError unless it exits with 0. */
export async function runScript(script: Hook, context: ScriptContext): Promise<void> {
  const { location } = script;
  const path = join(context.archive, location);
  const fail = ([errorCode, message]: Failure): never => {
    throw new ScriptError(message, { errorCode, scriptName: location, log: context.output.tail() });
  };
  context.output.note(`Script - ${location}`);
  const notRunnable = whyNotRunnable(script, path, context);
  if (notRunnable !== undefined) fail(notRunnable);
  const interpreter = interpreterOf(path);
  const notInterpreted = interpreter && whyNotInterpreted(interpreter);
  if (notInterpreted !== undefined) {
    context.output.note(`[stderr]${notInterpreted}`);
    fail(failureOf(script, { kind: "not started", code: "ENOENT", message: notInterpreted }));
  }

  const line = commandLine(script, path);
  const shell = needsNoLauncher(line) && interpreter !== undefined ? context.shell : undefined;
  const result = await execute(line, script.timeoutSeconds, { ...context, shell });
  if (result.kind !== "exited" || result.code !== 0) fail(failureOf(script, result));
}

type Failure = readonly [errorCode: ErrorCode, message: string];

/** Returns why a script cannot be run at all, or undefined. Makes it executable. */
function whyNotRunnable({ location, runas }: Hook, path: string, context: ScriptContext): Failure | undefined {
  const at = `Script at specified location: ${location}`;
  if (!existsSync(path) || !statSync(path).isFile())
    return [errorCodes.scriptMissing, `Script does not exist at specified location: ${path}`];
  if (context.allowsOutside !== true && !isBelow(path, context.archive))
    return [errorCodes.scriptMissing, `${at} leads out of the revision`];
  if (!makeExecutable(path))
    return [errorCodes.scriptNotExecutable, `Unable to set script at specified location: ${location} as executable`];
  // su takes "-" for a request of a login shell.
  if (runas?.startsWith("-") === true)
    return [errorCodes.scriptFailed, `${at} cannot run as user "${runas}": no user's name begins with "-"`];
  return undefined;
}

/** Returns what to report of a script that did not exit with 0, in AWS's words where they are known. */
function failureOf({ location, runas, timeoutSeconds }: Hook, result: Result): Failure {
  const at = `Script at specified location: ${location}`;
  const who = runas === undefined ? "" : ` run as user ${runas}`;
  switch (result.kind) {
    case "exited":
      return [errorCodes.scriptFailed, `${at}${who} failed with exit code ${result.code}`];
    case "killed":
      return [errorCodes.scriptFailed, `${at}${who} failed with exit code : it was ended by ${result.signal}`];
    case "not started":
      return [errorCodes.scriptFailed, `${at}${who} failed with error ${result.code} with message ${result.message}`];
    case "timed out":
      return [errorCodes.scriptTimedOut, `${at} failed to complete in ${timeoutSeconds} seconds`];
    case "output left open":
      return [errorCodes.outputsLeftOpen, `${at} failed to close ${result.stream}`];
  }
}

function isBelow(path: string, folder: string): boolean {
  return realpathSync(path).startsWith(realpathSync(folder) + sep);
}

function makeExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // Root may execute what has any executable bit; without one, access tells the truth for everybody.
    if ((statSync(path).mode & 0o111) !== 0) return true;
  } catch {
    // Not executable yet.
  }
  try {
    chmodSync(path, statSync(path).mode | 0o111);
    return true;
  } catch {
    return false;
  }
}

const needsNoLauncher = (line: CommandLine): boolean => line.length === 1;

/** Whether a preforked shell can `exec` a script: it can unless `su` or `sudo` has to start it. */
export function canPrefork(
  script: Hook,
  { archive, environment }: Pick<ScriptContext, "archive" | "environment">,
): boolean {
  const line = commandLine(script, join(archive, script.location));
  return needsNoLauncher(line) && PreforkedShell.canExec(line[0], environment.LIFECYCLE_EVENT ?? "");
}

type CommandLine = readonly [command: string, ...words: readonly string[]];

function commandLine({ runas, sudo }: Hook, path: string): CommandLine {
  // An agent without root's rights runs scripts of its own user as they are: su would ask for a password.
  const isSelf = runas === undefined || (process.getuid?.() !== 0 && runas === userInfo().username);
  const asUser: CommandLine = isSelf ? [path] : ["su", "-c", `'${path.replaceAll("'", `'\\''`)}'`, "--", runas];
  return sudo ? ["sudo", ...asUser] : asUser;
}

/** Describes the user that a script runs as, for the agent's log. */
export function userOf({ runas, sudo }: Pick<Hook, "runas" | "sudo">): string {
  const user = runas ?? userInfo().username;
  return `as user ${JSON.stringify(user)}${sudo ? ", by sudo" : ""}`;
}

type Result =
  | Exit
  | { readonly kind: "not started"; readonly code: string; readonly message: string }
  | { readonly kind: "timed out" }
  | { readonly kind: "output left open"; readonly stream: "STDOUT" | "STDERR" };

async function execute(line: CommandLine, timeoutSeconds: number, context: ScriptContext): Promise<Result> {
  const started = context.shell === undefined ? await start(line, context) : execInShell(context.shell, line, context);
  if ("error" in started)
    return { kind: "not started", code: started.error.code ?? "Error", message: started.error.message };
  const { child, pid, exit } = started;

  const follow = (stream: Readable, prefix: "[stdout]" | "[stderr]") =>
    context.output.follow(stream.setEncoding("utf8") as AsyncIterable<string>, prefix).catch(() => {}); // destroyed below
  const streams = [follow(child.stdout, "[stdout]"), follow(child.stderr, "[stderr]")];
  const result = await untilDeadline(timeoutSeconds, exit, { child, streams });
  if (result.kind === "timed out" || result.kind === "output left open") await endScript(pid);
  child.stdout.destroy();
  child.stderr.destroy();
  await Promise.all(streams);
  return result;
}

interface Running {
  readonly child: Child;
  readonly streams: readonly Promise<void>[];
}

async function untilDeadline(
  timeoutSeconds: number,
  exit: Promise<Exit>,
  { child, streams }: Running,
): Promise<Result> {
  const { over, cancel } = deadlineIn(timeoutSeconds);
  const deadline = over.then(() => "deadline" as const);
  const ended = await Promise.race([exit, deadline]);
  if (ended === "deadline") return { kind: "timed out" };
  // A child of the script may hold its output open: the same deadline covers it.
  const closed = await Promise.race([Promise.all(streams), deadline]);
  cancel();
  return closed === "deadline"
    ? { kind: "output left open", stream: child.stdout.closed ? "STDERR" : "STDOUT" }
    : ended;
}

type Started =
  | { readonly child: Child; readonly pid: number; readonly exit: Promise<Exit> }
  | { readonly error: NodeJS.ErrnoException };

/** Reports the process before it becomes the script: an agent that is killed in between leaves no unknown script behind. */
function execInShell(shell: PreforkedShell, [path]: CommandLine, { onStarted, environment }: ScriptContext): Started {
  onStarted(shell.process);
  shell.exec(path, environment.LIFECYCLE_EVENT ?? "");
  return { child: shell.child, pid: shell.process.pid, exit: shell.exit };
}

/** A file whose first line names no interpreter is run by the shell, as any shell would. */
async function start(line: CommandLine, { environment, onStarted }: ScriptContext): Promise<Started> {
  const first = await spawned(line, environment);
  const isText = "error" in first && first.error.code === "ENOEXEC";
  const started = isText ? await spawned(["/bin/sh", ...line], environment) : first;
  if ("pid" in started) onStarted({ pid: started.pid, startTicks: startTicks(started.pid) ?? "" });
  return started;
}

function spawned([command, ...words]: CommandLine, env: NodeJS.ProcessEnv): Promise<Started> {
  return new Promise((resolve) => {
    try {
      const child = spawn(command, words, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      child.once("error", (error) => resolve({ error }));
      const { pid } = child;
      if (pid !== undefined) resolve({ child, pid, exit: exitOf(child) });
    } catch (error) {
      resolve({ error: error as NodeJS.ErrnoException }); // some errors are thrown instead of emitted
    }
  });
}
