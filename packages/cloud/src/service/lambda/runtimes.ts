import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** A program of this machine that runs functions. */
export interface Interpreter {
  readonly family: "python" | "nodejs" | "provided";
  readonly executable: string;
  /** Folder with everything the executable needs, when it may lie outside the system's own folders. */
  readonly prefix: string;
  readonly version: string;
}

/** What of Lambda's runtimes this machine can run. */
export interface Runtimes {
  /** The interpreter that stands for a runtime such as `python3.12`, or a sentence that says which there are. */
  find(runtime: string): Interpreter | string;
}

const run = promisify(execFile);

/** How long an interpreter may take to tell its version, in milliseconds. */
const probeMilliseconds = 10_000;

/** Looks for the interpreters of this machine. Node is the one that runs this program. */
export async function findRuntimes(): Promise<Runtimes> {
  const python = await findPython();
  const node: Interpreter = {
    family: "nodejs",
    executable: process.execPath,
    prefix: dirname(process.execPath),
    version: process.versions.node,
  };
  const provided: Interpreter = { family: "provided", executable: "", prefix: "", version: "" };
  return {
    find(runtime) {
      if (/^nodejs\d+\.x$/.test(runtime)) return node;
      if (/^python3\.\d+$/.test(runtime) && python !== undefined) return python;
      if (/^provided(\.al2|\.al2023)?$/.test(runtime)) return provided;
      const names = [
        ...(python === undefined ? [] : [`python3.x (run by this machine's Python ${python.version})`]),
        `nodejsNN.x (run by Node ${node.version})`,
        "provided.al2023 and provided.al2 (your own bootstrap)",
      ];
      return `The runtime "${runtime}" cannot be run here. This machine runs: ${names.join(", ")}`;
    },
  };
}

async function findPython(): Promise<Interpreter | undefined> {
  const question =
    "import sys; print(sys.executable); print(sys.base_prefix); print('%d.%d.%d' % sys.version_info[:3])";
  try {
    const { stdout } = await run("python3", ["-I", "-c", question], { timeout: probeMilliseconds });
    const [executable = "", prefix = "", version = ""] = stdout.trim().split("\n");
    return { family: "python", executable, prefix, version };
  } catch {
    return undefined; // this machine has no Python: asking for it says so
  }
}
