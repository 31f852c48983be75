// Runs first: its scripts wait for minutes, and count what happens within them; beside them others find room.
// The walkthrough of a CodeDeploy tutorial, in commands of the real `aws` CLI: every script runs as written, twice in a row.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { basename, resolve } from "node:path";
import { test } from "node:test";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { preloadedAws } from "../support/preloaded-aws.ts";

const scripts = globSync(resolve(import.meta.dirname, "../../examples/walkthrough/0*.sh")).toSorted();
const skip = await whyMissing("aws", "bash", "curl", "python3", "unshare", "ip");

/** Scripts that run at once: they mostly wait, for health checks, delays and minutes. */
const atOnce = 4;
const countsCalls = /lambda/;

/** How many seconds of the local cloud's waits pass in one, for the scripts that count nothing within them. */
const timeScale = 4;

const limits = { skip, timeout: 1_200_000, concurrency: atOnce }; // without a number, Node runs one of them at a time

test("every script of the walkthrough runs as written, twice in a row", limits, async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
  const hurried = new SluiceProcess(t, ["--no-example", "--driver", "ns", "--time-scale", String(timeScale)]);
  await Promise.all([sluice.open(), hurried.open()]);
  const aws = await preloadedAws(t, sluice.folder);

  const tooSlow = await whyTooSlow(sluice, aws);
  const isLong = (path: string) => (countsCalls.test(path) ? 0 : 1);
  const waiting = scripts.toSorted((a, b) => isLong(a) - isLong(b));
  const worker = async () => {
    for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
      const path = script;
      const skip = countsCalls.test(path) && tooSlow;
      for (const time of ["first", "second"])
        await t.test(`${basename(path)}, the ${time} time`, { skip }, () =>
          run(countsCalls.test(path) ? sluice : hurried, path, aws),
        );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
});

/** Longest that a call of the CLI may take, in seconds: the functions' script counts 200 of them within a minute of a canary, and they are not its only work. */
const callSecondsMax = 0.2;

/** Why the functions' script cannot be run here; false when it can. */
async function whyTooSlow(sluice: SluiceProcess, aws: Readonly<Record<string, string>>): Promise<string | false> {
  const env = { ...process.env, ...(await sluice.environment()), ...aws };
  const calls = 10;
  const begun = performance.now();
  for (let call = 0; call < calls; call += 1)
    await once(spawn("aws", ["lambda", "list-functions"], { env, stdio: "ignore" }), "close");
  const isTooSlow = (performance.now() - begun) / 1000 > calls * callSecondsMax;
  return isTooSlow && "200 calls of the aws CLI take this machine too much of the minute that they are counted in";
}

async function run(sluice: SluiceProcess, path: string, aws: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn("bash", [path], {
    env: { ...process.env, ...(await sluice.environment()), ...aws, SLUICE: sluice.command, RUN: uniqueName() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, "close")) as [number | null]; // what a child process emits
  assert.equal(code, 0, `${basename(path)} ended with ${code}:\n${Buffer.concat(output).toString()}\n${sluice.output}`);
}

let serial = 0;

/** Short, because names of load balancers are; never the same twice. */
const uniqueName = () => `${Date.now().toString(36).slice(-5)}${(serial += 1)}`;
