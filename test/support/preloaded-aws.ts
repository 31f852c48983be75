import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const programs = resolve(import.meta.dirname, "../fixtures/preloaded-aws");

/** Set where `aws` is preloaded: a test in a whole run does not load it a second time. */
const isPreloaded = "SLUICE_TEST_AWS_IS_PRELOADED";

/**
 * Returns variables with which `aws` is this machine's own CLI, loaded once: tests call it hundreds of times, and most of a
 * call is the start of Python. None where the CLI is no Python package, or is preloaded already. With AWS_STARTS_ANEW a call
 * gets a new process nevertheless, which one in other namespaces needs.
 */
export async function preloadedAws(
  test: Pick<TestContext, "after">,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  if (process.env[isPreloaded] !== undefined) return {};
  const python = await pythonOfAws();
  const own = (await run("sh", ["-c", "command -v aws || true"])).stdout.trim();
  if (python === undefined || own === "") return {};
  const socket = join(folder, "aws.sock");
  const server = spawn(python, [join(programs, "server.py"), socket], { stdio: ["pipe", "pipe", "inherit"] });
  test.after(() => server.kill());
  await new Promise<void>((ready, failed) => {
    createInterface({ input: server.stdout }).once("line", () => ready());
    server.once("exit", (code) => failed(new Error(`The preloaded aws CLI ended with ${code}`)));
  });
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const anew = `[ -z "$AWS_STARTS_ANEW" ] || exec "${own}" "$@"`;
  const script = `#!/bin/sh\n${anew}\nPRELOADED_AWS="${socket}" exec "${python}" -I -S "${join(programs, "aws.py")}" "$@"\n`;
  writeFileSync(join(bin, "aws"), script, { mode: 0o755 });
  return { PATH: `${bin}${delimiter}${process.env.PATH}`, [isPreloaded]: "1" };
}

/** Returns the Python that has the CLI. */
async function pythonOfAws(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = await run(python, ["-c", "import awscli.clidriver, sys; print(sys.executable)"]).catch(
      () => undefined,
    ); // this one does not have it
    if (found !== undefined) return found.stdout.trim();
  }
  return undefined;
}
