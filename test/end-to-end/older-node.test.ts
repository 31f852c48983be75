import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { eventually } from "../support/eventually.ts";

const program = resolve(import.meta.dirname, "../../packages/cli/bin/sluice.js");

/** A Node on this machine that cannot run TypeScript as it is written: the one that npm has installed comes first on the PATH. */
function olderNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders
    .map((folder) => join(folder, "node"))
    .find((node) => {
      try {
        const version = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
        return Number(version.split(".")[0]) < 24;
      } catch {
        return false; // none there
      }
    });
}

const older = olderNode() ?? "";
const limits = { skip: older === "" && "no Node before 24 is on this machine", timeout: 60_000 };

/** `sluice up` by the older Node, once it is ready. Ended and removed with the test. */
async function up(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-older-"));
  const words = [program, "--data", folder, "--port", "0", "up", "--no-example", "--driver", "plain"];
  const child = spawn(older, words, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  t.after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  let url = "";
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^ready on (http:.*)$/.exec(line)?.[1] ?? "";
    if (url !== "") break;
  }
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    ); // prettier: one line
  assert(await answers(), "the server answers");
  const output = text(child.stdout);
  return {
    child,
    ended,
    output,
    isGone: () => eventually("the port is free", async () => !(await answers()) || undefined),
  };
}

test(
  "a signal to an older Node ends the server in order, though it is told twice as by a terminal and by npm",
  limits,
  async (t) => {
    const { child, ended, output, isGone } = await up(t);

    child.kill("SIGINT");
    child.kill("SIGINT");

    assert.deepEqual(await ended, [0, null]);
    assert.match(await output, /Stopping: SIGINT/);
    await isGone();
  },
);

test("a signal that ends the server ends the older Node the same way", limits, async (t) => {
  const { child, ended, isGone } = await up(t);

  child.kill("SIGUSR2");

  assert.deepEqual(await ended, [null, "SIGUSR2"]);
  await isGone();
});

test("a server ends with the older Node that was killed", limits, async (t) => {
  const { child, ended, output, isGone } = await up(t);

  child.kill("SIGKILL");

  assert.deepEqual(await ended, [null, "SIGKILL"]);
  assert.match(await output, /Stopping: SIGTERM/);
  await isGone();
});

test("standard input, output and the exit code pass through an older Node", limits, async () => {
  const script = `printf 'version: 0.0\\nos: minix\\n' | "$0" "$1" appspec check /dev/stdin`; // Node's own pipes are sockets, which nobody can open
  const checked = spawn("sh", ["-c", script, older, program], { stdio: ["ignore", "pipe", "inherit"] });
  const [[code], output] = await Promise.all([once(checked, "exit"), text(checked.stdout)]);

  assert.match(output, /minix/);
  assert.equal(code, 1);
});
