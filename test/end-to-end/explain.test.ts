import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { SluiceProcess } from "../support/sluice-process.ts";

const example = resolve(import.meta.dirname, "../../examples/hello");

test(
  "a failed deployment is explained with its cause, its rule and what changed, for people and as JSON",
  { timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--instances", "2", "--driver", "plain"]);
    await sluice.open();
    await sluice.printed(/The example application runs/);
    const mine = join(sluice.folder, "mine");
    cpSync(example, mine, { recursive: true });
    writeFileSync(
      join(mine, "scripts/validate.sh"),
      "#!/bin/sh\necho the database at 10.0.0.$$ is not there >&2\nexit 3\n",
    );
    const failed = await sluice.cli("deploy", mine);
    const [id = ""] = /d-[A-Z0-9]{9}/.exec(failed.stdout) ?? [];

    const explained = await sluice.cli("explain", id);
    const asJson = await sluice.cli("explain", id, "--json");
    const unknown = await sluice.cli("explain", "d-NOTTHERE0");

    assert.equal(explained.code, 3);
    assert.match(explained.stdout, /^Stopped: [12] of 2 failed, (as many as|at most \d) may be unavailable under /);
    assert.match(explained.stdout, /ValidateService: \S*validate\.sh ended with exit code 3/);
    assert.match(explained.stdout, /\| .*the database at 10\.0\.0\.\d+ is not there/);
    assert.match(explained.stdout, /revision: s3:\/\/\S+.* → s3:\/\//);
    assert.match(explained.stdout, new RegExp(`sluice retry ${id}`));
    const json = JSON.parse(asJson.stdout) as {
      readonly sentence: string;
      readonly causes: readonly unknown[];
      readonly rule: { readonly total: number };
      readonly text: readonly string[];
    };
    assert.equal(asJson.code, 3);
    assert.equal(json.causes.length, 1, "the same failure on both hosts is one cause");
    assert.equal(json.rule.total, 2);
    assert.equal(explained.stdout.split("\n")[0], json.sentence, "the same words everywhere");
    assert.equal(explained.stdout.trimEnd(), json.text.join("\n"));
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /The deployment d-NOTTHERE0 could not be found/);
  },
);
