import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { AgentHost } from "./agent-host.ts";

// What is shipped: the packed file, and the program that needs no Node where it has been built.

const dist = resolve(import.meta.dirname, "../dist");
const packed = join(dist, "codedeploy-agent.cjs");
const executable = join(dist, "codedeploy-agent");

test(
  "the packed agent is both tools, by its name",
  { skip: !existsSync(packed) && "npm run build:agent makes it" },
  (t) => {
    const host = new AgentHost((clean) => t.after(clean), {});
    const link = join(host.folder, "codedeploy-local");
    symlinkSync(packed, link);
    const run = (file: string, ...words: readonly string[]) =>
      spawnSync(process.execPath, [file, ...words], { encoding: "utf8" });

    assert.match(run(packed, "help").stdout, /^AWS CodeDeploy Agent/);
    assert.equal(run(link, "--version").stdout, "1.0\n");
  },
);

test(
  "the program that needs no Node starts and stops itself",
  { skip: !existsSync(executable) && "npm run build:agent -- --executable makes it", timeout: 30_000 },
  (t) => {
    const host = new AgentHost((clean) => t.after(clean), { deploy_control_endpoint: "http://127.0.0.1:9" });
    const run = (...words: readonly string[]) =>
      spawnSync(executable, ["--config_file", host.configurationFile, ...words], { encoding: "utf8", env: {} });
    t.after(() => run("stop"));

    assert.match(run("start").stdout, /^Started master \d+ with 1 children\n$/);
    assert.match(run("status").stdout, /^The AWS CodeDeploy agent is running as PID \d+\n$/);
    assert.match(run("stop").stdout, /^Checking first .*\nStopping master \d+\n$/);
  },
);
