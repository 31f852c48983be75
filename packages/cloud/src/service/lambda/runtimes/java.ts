import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import type { Interpreter } from "./interpreter.ts";
import { makeWorldReadable } from "../make-world-readable.ts";

const run = promisify(execFile);
const sources = resolve(import.meta.dirname, "bootstrap/java");

/** The first Java that understands our bootstrap. */
const versionMin = 17;

/** How long the compiler may take, in milliseconds: a second or two, and more on a busy machine. */
const compileMilliseconds = 60_000;

/** Returns this machine's Java, undefined where there is none, or why it cannot run functions: the bootstrap is a source, and a Java without a compiler cannot use it. */
export function findJava(folder: string): Interpreter | string | undefined {
  const home = homeOfJava();
  if (home === undefined) return undefined;
  const version = versionOf(home);
  if (version === undefined) return undefined;
  if (Number.parseInt(version, 10) < versionMin)
    return `this machine's Java is ${version}, and has to be ${versionMin}`;
  if (!existsSync(join(home, "bin/javac"))) return `this machine's Java ${version} has no compiler: install its JDK`;
  let compiled: Promise<string> | undefined;
  return {
    family: "java",
    executable: join(home, "bin/java"),
    prefix: home,
    version,
    bootstrap() {
      compiled ??= compile({ home, version, folder }).catch((error: unknown) => {
        compiled = undefined; // the next use tries again
        throw error;
      });
      return compiled;
    },
  };
}

/** Returns the folder of the program `java` on the PATH, past the links that lead there. */
function homeOfJava(): string | undefined {
  try {
    const words = ["-c", 'readlink -f "$(command -v java)"'];
    const program = execFileSync("sh", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return dirname(dirname(program.trim()));
  } catch {
    return undefined; // there is none
  }
}

/** What Java says about itself in its file `release`: running it takes ten times as long. */
function versionOf(home: string): string | undefined {
  const file = join(home, "release");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return /^JAVA_VERSION="(?:1\.)?([^"]+)"/m.exec(text)?.[1];
}

/** Compiles the bootstrap for one version of Java, unless that was done. Returns the folder of its classes. */
async function compile(about: { home: string; version: string; folder: string }): Promise<string> {
  const { home, version, folder } = about;
  const files = globSync("*.java", { cwd: sources }).toSorted();
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(sources, file)));
  const place = join(folder, `${version}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(place)) return place;
  const making = join(folder, `new-${randomHex(8)}`);
  await mkdir(making, { recursive: true });
  try {
    const words = ["-d", making, ...files.map((file) => join(sources, file))];
    await run(join(home, "bin/javac"), words, { timeout: compileMilliseconds });
    await makeWorldReadable(making);
    await rename(making, place);
  } catch (cause) {
    const { stderr = "", message } = cause as Error & { stderr?: string }; // what execFile rejects with
    throw new Fault("InvalidRuntimeException", `Cannot compile the runtime of Java ${version}: ${stderr || message}`, {
      status: 502,
      cause,
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return place;
}
