import { execFile } from "node:child_process";
import { dirname, resolve, sep } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../runtimes/interpreter.ts";
import { type Bind, SandboxRoot } from "./sandbox-root.ts";

/** How functions' processes are kept apart from the machine. */
export interface Isolation {
  readonly kind: "ns" | "plain";
  /** Why they are ordinary processes, when they are. */
  readonly why?: string | undefined;
  /** Where a function finds its code and its runtime. */
  readonly places: (folders: Folders) => Places;
  /** What is to be run so that a command runs for a function. */
  wrap(command: readonly string[], wanted: Wanted): Wrapped;
}

/** What of this machine a function's process is to see. */
interface Folders {
  readonly code: string;
  readonly bootstrap: string;
  /** Packages that the runtime brings. */
  readonly modules?: string | undefined;
  readonly interpreter: Pick<Interpreter, "executable" | "prefix" | "shownAt">;
}

/** Paths as the function's process sees them. */
export interface Places {
  readonly task: string;
  readonly bootstrap: string;
  readonly modules?: string | undefined;
  /** The interpreter's executable. */
  readonly executable: string;
}

/** What a function's process is to have. */
interface Wanted extends Folders {
  /** Its environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly temporaryMegabytes: number;
  /** Longest private memory in bytes, where the runtime bears such a limit. */
  readonly memoryBytesMax?: number | undefined;
}

/** A command with its whole environment. */
interface Wrapped {
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const script = resolve(import.meta.dirname, "sandbox.sh");

/** The user that functions run as when root runs this program: nobody outside. */
const functionUser = "500001";

/** How long the system may take to show whether it allows namespaces, in milliseconds. */
const probeMilliseconds = 5_000;

/** Finds out what this machine allows: namespaces, or ordinary processes with the reason. `folder` is for what they see as their root; no function sees what is in the `hidden` ones. */
export async function findIsolation(folder: string, hidden: readonly string[]): Promise<Isolation> {
  const root = new SandboxRoot(folder, hidden);
  const isRoot = process.getuid?.() === 0;
  const namespaces = ["unshare", ...(isRoot ? [] : ["-U", "-r"]), "-m", "-p", "-i", "-u", "-f", "--kill-child=KILL"];
  const hasLimits = await works("prlimit", ["--data=1000000000", "true"]);
  const hasDeathSignal = await works("setpriv", ["--pdeathsig", "KILL", "true"]);
  const limit = ({ memoryBytesMax }: Wanted) =>
    memoryBytesMax === undefined || !hasLimits ? [] : ["prlimit", `--data=${memoryBytesMax}`];
  // Whatever happens to this program, its functions end with it.
  const mortal = hasDeathSignal ? ["setpriv", "--pdeathsig", "KILL"] : [];
  const isolatedWith = (nests: boolean): Isolation => ({
    kind: "ns",
    places: ({ modules, interpreter }) => ({
      task: shown.task,
      bootstrap: shown.bootstrap,
      modules: modules && shown.modules,
      executable: interpreter.shownAt ?? interpreter.executable,
    }),
    wrap: (command, wanted) => ({
      command: [...mortal, ...namespaces, "sh", script, ...limit(wanted), "sh", "-c", unpack, "sh", ...command],
      variables: {
        PATH: systemPath,
        ...packed(wanted.variables),
        SANDBOX_ROOT: root.folder,
        SANDBOX_TABLE: root.table(bindsOf(wanted), wanted),
        SANDBOX_USER: isRoot ? functionUser : "",
        SANDBOX_NESTS: nests ? "yes" : "",
      },
    }),
  });
  const interpreter = { executable: "", prefix: "" };
  const wanted = { code: folder, bootstrap: folder, interpreter, temporaryMegabytes: 1, variables: {} };
  const trial = (nests: boolean) => failure(isolatedWith(nests).wrap(["true"], wanted));
  if (isRoot && (await trial(true)) === undefined) return isolatedWith(true);
  const why = await trial(false);
  if (why === undefined) return isolatedWith(false);
  return {
    kind: "plain",
    why,
    places: ({ code, bootstrap, modules, interpreter: { executable } }) => ({
      task: code,
      bootstrap,
      modules,
      executable,
    }),
    wrap: (command, wanted) => ({
      command: [...mortal, ...limit(wanted), ...command],
      variables: wanted.variables,
    }),
  };
}

/**
 * A function's variables under names that mean nothing to any program. What sets the namespaces up runs outside of them and
 * with this program's rights, and what it does would otherwise be up to a function's `PATH` or `LD_PRELOAD`.
 */
function packed(variables: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(variables);
  const values = names.map((name) => [`_VALUE_OF_${name}`, variables[name] ?? ""]);
  return { ...Object.fromEntries(values), _NAMES: names.join(" ") };
}

/** Gives the variables back their names, once only the function's own rights are left, and becomes the command. No function's variable is named like those used here: in Lambda only its own begin with an underscore. */
const unpack = `for _name in $_NAMES; do
  eval "command export $_name=\\"\\$_VALUE_OF_$_name\\"; unset _VALUE_OF_$_name"
done
unset _NAMES _name
exec "$@"`;

/** Where a function in namespaces finds what is its own. */
const shown = {
  task: "/var/task",
  bootstrap: "/var/runtime/bootstrap",
  modules: "/var/runtime/node_modules",
} as const;

function bindsOf({ code, bootstrap, modules, interpreter }: Wanted): readonly Bind[] {
  const { executable, prefix, shownAt } = interpreter;
  const isSystems =
    prefix === "" || ["/usr", "/bin", "/lib"].some((folder) => prefix === folder || prefix.startsWith(folder + sep));
  return [
    { source: code, target: shown.task },
    { source: bootstrap, target: shown.bootstrap },
    ...(modules === undefined ? [] : [{ source: modules, target: shown.modules }]),
    ...(shownAt === undefined ? [] : [{ source: executable, target: shownAt, isFile: true }]),
    ...(isSystems ? [] : [{ source: prefix, target: prefix }]),
  ];
}

async function works(command: string, words: readonly string[]): Promise<boolean> {
  return (await failure({ command: [command, ...words], variables: { PATH: systemPath } })) === undefined;
}

async function failure({ command, variables }: Wrapped): Promise<string | undefined> {
  const [program = "", ...words] = command;
  try {
    await run(program, words, { timeout: probeMilliseconds, env: variables });
    return undefined;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string }; // what execFile rejects with
    return stderr.trim().split("\n").at(-1) || message;
  }
}

/** Where the system's own programs are. */
export const systemPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** Returns the folder of an interpreter's program, for a function's PATH. */
export const folderOfProgram = ({ executable }: Places): readonly string[] =>
  executable === "" ? [] : [dirname(executable)];
