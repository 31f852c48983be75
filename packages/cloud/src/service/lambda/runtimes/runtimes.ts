import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { copyBootstrap } from "./copy-bootstrap.ts";
import type { Interpreter } from "./interpreter.ts";
import { findJava } from "./java.ts";
import { copySdk } from "./sdk-copy.ts";

/** The runtimes that this machine can run. */
export interface Runtimes {
  /** Returns the interpreter for a runtime such as `python3.12`, or a sentence that lists the runtimes there are. */
  find(runtime: string): Interpreter | string;
}

/** How long an interpreter may take to tell its version, in milliseconds. */
const probeMilliseconds = 10_000;

/** The interpreters of this machine. Each is looked for once, on first use, so that a start need not wait for them. Node is the one that runs this program. `folder` is for what has to be compiled or copied. */
export function hostRuntimes(folder: string): Runtimes {
  const bootstrap = remembered(async () => copyBootstrap(join(folder, "bootstrap")));
  const node: Interpreter = {
    family: "nodejs",
    executable: process.execPath,
    prefix: "",
    version: process.versions.node,
    bootstrap,
    // Only the program itself of its folder is shown: that folder may be this program's own.
    shownAt: "/var/lang/bin/node",
    modules: remembered(() => copySdk(join(folder, "sdk"))),
  };
  const provided: Interpreter = { family: "provided", executable: "", prefix: "", version: "", bootstrap };
  const known = [
    { pattern: /^python3\.\d+$/, name: "python3.x", title: "Python", look: once(() => findPython(bootstrap)) },
    { pattern: /^nodejs\d+\.x$/, name: "nodejsNN.x", title: "Node", look: () => node },
    { pattern: /^java\d+(\.al2)?$/, name: "javaNN", title: "Java", look: once(() => findJava(join(folder, "java"))) },
    { pattern: /^ruby\d+\.\d+$/, name: "rubyN.N", title: "Ruby", look: once(() => findRuby(bootstrap)) },
  ] as const;
  return {
    find(runtime) {
      if (/^provided(\.al2|\.al2023)?$/.test(runtime)) return provided;
      const found = known.find(({ pattern }) => pattern.test(runtime))?.look();
      if (found !== undefined && typeof found !== "string") return found;
      const names = known.flatMap(({ name, title, look }) => {
        const one = look();
        return one === undefined || typeof one === "string"
          ? []
          : [`${name} (run by this machine's ${title} ${one.version})`];
      });
      const why = found === undefined ? "" : `: ${found}`;
      return `The runtime "${runtime}" cannot be run here${why}. This machine runs: ${[...names, "provided.al2023 and provided.al2 (your own bootstrap)"].join(", ")}`;
    },
  };
}

/** Does something once; after a failure, again. */
function remembered<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

function once<Found>(look: () => Found): () => Found {
  let kept: { readonly found: Found } | undefined;
  return () => (kept ??= { found: look() }).found;
}

function findPython(bootstrap: Interpreter["bootstrap"]): Interpreter | undefined {
  const question =
    "import sys; print(sys.executable); print(sys.base_prefix); print('%d.%d.%d' % sys.version_info[:3])";
  const told = ask("python3", ["-I", "-S", "-c", question]);
  return told === undefined ? undefined : { family: "python", ...told, bootstrap };
}

function findRuby(bootstrap: Interpreter["bootstrap"]): Interpreter | undefined {
  const question = 'puts RbConfig.ruby, RbConfig::CONFIG["prefix"], RUBY_VERSION';
  const told = ask("ruby", ["--disable-gems", "-rrbconfig", "-e", question]);
  return told === undefined ? undefined : { family: "ruby", ...told, bootstrap };
}

/** Returns the version that an interpreter prints, or undefined when this machine does not have it. */
function ask(
  program: string,
  words: readonly string[],
): Pick<Interpreter, "executable" | "prefix" | "version"> | undefined {
  try {
    const answer = execFileSync(program, words, {
      timeout: probeMilliseconds,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [executable = "", prefix = "", version = ""] = answer.trim().split("\n");
    return { executable, prefix, version };
  } catch {
    return undefined;
  }
}
