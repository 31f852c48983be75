import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { startTicks } from "./process-tree.ts";
import type { ScriptProcess } from "../journal.ts";

/** A process whose output is followed. */
export type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** How a process ended. */
export type Exit =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string };

/** Resolves when a process has ended. To be called before that. */
export function exitOf(child: Child): Promise<Exit> {
  return new Promise((resolve) =>
    child.once("exit", (code, signal) =>
      resolve(code === null ? { kind: "killed", signal: signal ?? "a signal" } : { kind: "exited", code }),
    ),
  );
}

/** Variables that shells set by themselves: who did not have them does not get them. */
const shellVariables = ["PWD", "OLDPWD", "SHLVL"];

/** Variables of other names do not get through every shell. */
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the shell calls what it is told: no variable that scripts get may have that name. */
const told = "SLUICE_GATE_SCRIPT";

/** What every shell reads as it was written. */
const plainLine = /^[\x20-\x7e]+$/;

/**
 * A process that becomes a script as soon as it is let through, and ends when it is not, or the agent ends. Copying a program
 * as large as the agent takes longer than anything else that a script needs: here it is done before there is leave to run, and
 * before anybody knows which script of a deployment is next.
 */
export class Gate {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly process: ScriptProcess;
  readonly exit: Promise<Exit>;

  private constructor(child: Gate["child"], pid: number) {
    this.#child = child;
    this.exit = exitOf(child);
    this.process = { pid, startTicks: startTicks(pid) ?? "" };
    child.stdin.on("error", () => {}); // it has been ended from outside: its exit tells
  }

  /** For scripts with this environment; their event is told when one is let through. Undefined when a shell would change what a script gets, or there is none. */
  static open(environment: NodeJS.ProcessEnv): Gate | undefined {
    const env = { ...environment };
    delete env.LIFECYCLE_EVENT;
    if (!Object.keys(env).every((name) => variableName.test(name) && name !== told)) return undefined;
    const strange = shellVariables.filter((name) => env[name] === undefined);
    const code = `IFS= read -r LIFECYCLE_EVENT && IFS= read -r ${told} || exit; export LIFECYCLE_EVENT; unset ${[...strange, "_"].join(" ")}; exec "$${told}" < /dev/null`;
    try {
      const child = spawn("/bin/sh", ["-c", code], { env, detached: true, stdio: "pipe" });
      child.on("error", () => {}); // then it has no pid
      return child.pid === undefined ? undefined : new Gate(child, child.pid);
    } catch {
      return undefined; // the same, at once
    }
  }

  get child(): ChildProcessByStdio<Writable, Readable, Readable> {
    return this.#child;
  }

  /** Whether a script can be told. */
  static canTake(path: string, event: string): boolean {
    return plainLine.test(path) && plainLine.test(event);
  }

  /** Lets it become a script. */
  letThrough(path: string, event: string): void {
    this.#child.stdin.end(`${event}\n${path}\n`);
  }

  /** Lets it end. Changes nothing when it has been let through. */
  close(): void {
    this.#child.stdin.end();
  }
}
