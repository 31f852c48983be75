import assert from "node:assert/strict";
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
