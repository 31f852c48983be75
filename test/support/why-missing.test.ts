import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { whyMissing } from "./why-missing.ts";

/** Puts an `aws` on the PATH that claims to be this version. */
function pretend(t: TestContext, version: string): void {
  const folder = mkdtempSync(join(tmpdir(), "sluice-commands-"));
  const { PATH = "" } = process.env;
  t.after(() => {
    process.env["PATH"] = PATH;
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "aws"), `#!/bin/sh\necho 'aws-cli/${version} Python/3.11.2 source/x86_64'\n`, {
    mode: 0o755,
  });
  process.env["PATH"] = `${folder}${delimiter}${PATH}`;
}

test("commands that are not there are named, and no others", async () => {
  assert.equal(await whyMissing("sh", "true"), false);
  assert.equal(await whyMissing("sh", "no-such-program"), "no-such-program is not on this machine");
});

for (const version of ["1.28.9", "2.9.19", "2.12.0"])
  test(`the aws CLI ${version} is too old`, async (t) => {
    pretend(t, version);

    assert.match(String(await whyMissing("aws")), new RegExp(`^aws is too old, .* aws-cli/${version} `));
  });

for (const version of ["1.29.0", "1.45.11", "2.13.0", "2.31.1", "3.0.0"])
  test(`the aws CLI ${version} will do`, async (t) => {
    pretend(t, version);

    assert.equal(await whyMissing("aws"), false);
  });
