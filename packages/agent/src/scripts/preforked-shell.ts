import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { ScriptProcess } from "../commands/journal.ts";
import { startTicks } from "./process-tree.ts";

/** A process whose output is read. */
export type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** How a process ended. */
export type Exit =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string };

/** Resolves when a process has ended. Must be called in the turn of the event loop in which it was started. */
export function exitOf(child: Child): Promise<Exit> {
  return new Promise((resolve) =>
    child.once("exit", (code, signal) =>
      resolve(code === null ? { kind: "killed", signal: signal ?? "a signal" } : { kind: "exited", code }),
    ),
  );
}

/** Variables that shells set themselves: a script gets them only if the agent has them. */
const shellVariables = ["PWD", "OLDPWD", "SHLVL"];

/** Variables with other names are dropped by some shells. */
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The shell's own variable, for the script's path. A script whose environment has it is not preforked. */
const pathVariable = "SLUICE_SCRIPT_PATH";

/** Text that every shell reads unchanged. */
const printableAscii = /^[\x20-\x7e]+$/;

/**
 * A preforked `/bin/sh` that `exec`s the script whose path it is sent. Forking a process as large as the agent is the slowest
 * part of starting a script: it happens here before the control plane has acknowledged the command, and before it is known
 * which script of a deployment is next. Closing its standard input ends it, and so does the end of the agent.
 */
export class PreforkedShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly process: ScriptProcess;
  readonly exit: Promise<Exit>;

  private constructor(child: PreforkedShell["child"], pid: number) {
    this.#child = child;
    this.exit = exitOf(child);
    this.process = { pid, startTicks: startTicks(pid) ?? "" };
    child.stdin.on("error", () => {}); // it was killed from outside, which its exit status tells
  }

  /** Forks a shell for scripts with this environment; `exec` adds LIFECYCLE_EVENT. Returns undefined when a shell would change the environment or cannot be started. */
  static open(environment: NodeJS.ProcessEnv): PreforkedShell | undefined {
    const env = { ...environment };
    delete env.LIFECYCLE_EVENT;
    if (!Object.keys(env).every((name) => variableName.test(name) && name !== pathVariable)) return undefined;
    const added = shellVariables.filter((name) => env[name] === undefined);
    const code = `IFS= read -r LIFECYCLE_EVENT && IFS= read -r ${pathVariable} || exit; export LIFECYCLE_EVENT; unset ${[...added, "_"].join(" ")}; exec "$${pathVariable}" < /dev/null`;
    try {
      const child = spawn("/bin/sh", ["-c", code], { env, detached: true, stdio: "pipe" });
      child.on("error", () => {}); // shown by a missing pid
      return child.pid === undefined ? undefined : new PreforkedShell(child, child.pid);
    } catch {
      return undefined; // some errors are thrown instead of emitted
    }
  }

  get child(): ChildProcessByStdio<Writable, Readable, Readable> {
    return this.#child;
  }

  /** Whether a shell reads the path and the event unchanged. */
  static canExec(path: string, event: string): boolean {
    return printableAscii.test(path) && printableAscii.test(event);
  }

  /** Makes the shell exec the script. */
  exec(path: string, event: string): void {
    this.#child.stdin.end(`${event}\n${path}\n`);
  }

  /** Ends the shell. Does nothing after `exec`. */
  close(): void {
    this.#child.stdin.end();
  }
}
