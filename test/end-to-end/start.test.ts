import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { test } from "node:test";
import { eventually } from "../../packages/cloud/test/eventually.ts";
import { House } from "../house.ts";

/** Has a program print, when it ends, what of Node's own it has loaded. */
const listing = "--import=data:text/javascript,process.on('exit',()=>console.log('loaded',...process.moduleLoadList))";

test("a start loads neither Node's HTTP client for browsers' code nor, once all is compiled, its compiler for TypeScript", async (t) => {
  const house = new House(t, ["--no-example", "--driver", "plain"], ["env", `NODE_OPTIONS=${listing}`]);
  const starts = () => house.output.split("\n").filter((line) => line.startsWith("loaded "));

  for (const count of [1, 2]) {
    await house.open();
    await house.sluice("down");
    await eventually("it says what it has loaded", async () => starts().length === count || undefined);
  }

  const second = starts()[1] ?? "";
  assert.match(second, /NativeModule http /);
  assert.doesNotMatch(second, /undici/);
  assert.doesNotMatch(second, /amaro/);
});

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

const older = olderNode();

test(
  "an older Node hands over to the one that npm has installed",
  { skip: older === undefined && "no Node before 24 is on this machine" },
  () => {
    const help = execFileSync(older ?? "", [program, "--help"], { encoding: "utf8" });

    assert.match(help, /^Usage: sluice /);
  },
);
