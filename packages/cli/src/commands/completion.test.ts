import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Command, Option } from "commander";
import { completion } from "./completion.ts";

function made(): Command {
  const program = new Command("sluice").option("--data <folder>");
  program.command("plan").option("--zone-down <zone>").option("--fail <host...>");
  program.command("retry").addOption(new Option("--file-exists-behavior <what>").choices(["DISALLOW", "RETAIN"]));
  program.command("appspec").command("check").option("--json");
  return program;
}

/** What bash completes the last of some words to. */
function completed(...words: readonly string[]): readonly string[] {
  const script = `${completion(made(), "bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["-c", script, "bash", "sluice", ...words], { encoding: "utf8" });
  return said.split("\n").filter((line) => line !== "");
}

test("bash completes commands, their flags and what a flag may be", () => {
  assert.deepEqual(completed("pl"), ["plan"]);
  assert.deepEqual(completed("plan", "--"), ["--zone-down", "--fail", "--help"]);
  assert.deepEqual(completed("--data", "x", "plan", "shop", "--z"), ["--zone-down"]);
  assert.deepEqual(completed("retry", "--file-exists-behavior", ""), ["DISALLOW", "RETAIN"]);
  assert.deepEqual(completed("appspec", "c"), ["check"]);
  assert.deepEqual(completed("--d"), ["--data"]);
});

test("another shell is refused by name", () => {
  assert.throws(() => completion(made(), "fish"), /Cannot complete for "fish": expected bash or zsh/);
});
