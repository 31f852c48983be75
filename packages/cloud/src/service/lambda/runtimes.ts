import { dirname } from "node:path";
import { execFileSync } from "node:child_process";

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

/** How long an interpreter may take to tell its version, in milliseconds. */
const probeMilliseconds = 10_000;

/** The interpreters of this machine, each looked for once, when it is asked for first: a start need not wait for them. Node is the one that runs this program. */
export function hostRuntimes(): Runtimes {
  let foundPython: { readonly python: Interpreter | undefined } | undefined;
  const findPythonOnce = () => (foundPython ??= { python: findPython() }).python;
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
      if (/^provided(\.al2|\.al2023)?$/.test(runtime)) return provided;
      const python = findPythonOnce();
      if (/^python3\.\d+$/.test(runtime) && python !== undefined) return python;
      const names = [
        ...(python === undefined ? [] : [`python3.x (run by this machine's Python ${python.version})`]),
        `nodejsNN.x (run by Node ${node.version})`,
        "provided.al2023 and provided.al2 (your own bootstrap)",
      ];
      return `The runtime "${runtime}" cannot be run here. This machine runs: ${names.join(", ")}`;
    },
  };
}

function findPython(): Interpreter | undefined {
  const question =
    "import sys; print(sys.executable); print(sys.base_prefix); print('%d.%d.%d' % sys.version_info[:3])";
  try {
    const answer = execFileSync("python3", ["-I", "-c", question], {
      timeout: probeMilliseconds,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [executable = "", prefix = "", version = ""] = answer.trim().split("\n");
    return { family: "python", executable, prefix, version };
  } catch {
    return undefined; // this machine has no Python: asking for it says so
  }
}
