import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

/** Makes a program print, when it ends, which of Node's own modules it has loaded. */
const listing = "--import=data:text/javascript,process.on('exit',()=>console.log('loaded',...process.moduleLoadList))";

test("a start loads neither Node's HTTP client for browsers' code nor, once all is compiled, its compiler for TypeScript", async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"], ["env", `NODE_OPTIONS=${listing}`]);
  const starts = () => sluice.output.split("\n").filter((line) => line.startsWith("loaded "));

  for (const count of [1, 2]) {
    await sluice.open();
    await sluice.cli("down");
    await eventually("it says what it has loaded", async () => starts().length === count || undefined);
  }

  const second = starts()[1] ?? "";
  assert.match(second, /NativeModule http /);
  assert.doesNotMatch(second, /undici/);
  assert.doesNotMatch(second, /amaro/);
});

/** This repository as after a clone and `npm ci`, with nothing built yet. */
function freshClone(t: TestContext): string {
  const root = resolve(import.meta.dirname, "../..");
  const clone = mkdtempSync(join(tmpdir(), "sluice-clone-"));
  t.after(() => rmSync(clone, { recursive: true }));
  const made = new Set(["dist", ".sluice"]);
  for (const part of ["packages", "scripts", "package.json", "package-lock.json", "tsconfig.json"])
    cpSync(join(root, part), join(clone, part), { recursive: true, filter: (path) => !made.has(basename(path)) });
  mkdirSync(join(clone, "node_modules/@sluice"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== "@sluice") symlinkSync(join(root, "node_modules", name), join(clone, "node_modules", name));
  for (const name of readdirSync(join(root, "packages")))
    symlinkSync(join(clone, "packages", name), join(clone, "node_modules/@sluice", name));
  return clone;
}

test("the first command after npm ci may be any: what it needs is made, and made again when its sources change", async (t) => {
  const clone = freshClone(t);
  const bundle = join(clone, "packages/agent/dist/codedeploy-agent.cjs");
  const starts = async () => {
    const words = [join(clone, "packages/cli/bin/sluice.js"), "--data", join(clone, "data"), "--port", "0", "server"];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("ready")) break;
    child.kill();
    await ended;
    return statSync(bundle).mtimeMs;
  };

  const made = await starts();
  assert.equal(await starts(), made);

  const later = new Date(made + 1);
  utimesSync(join(clone, "packages/agent/src/main.ts"), later, later);
  assert.notEqual(await starts(), made);
});
