import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

const module = new URL("../bin/installed-node.js", import.meta.url).href;

/** Hands over to a program that is this shell script, and returns how that ends. */
function handOverTo(t: TestContext, script: string) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-node-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const node = join(folder, "node");
  writeFileSync(node, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const program = `(await import(${JSON.stringify(module)})).handOver(${JSON.stringify(node)}, [])`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
}

test("a Node whose libraries are not all on this machine ends with what to install", (t) => {
  const loader = "error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file";

  const { status, stderr } = handOverTo(t, `echo "$0: ${loader} or directory" >&2; exit 127`);

  assert.equal(status, 127);
  assert.match(stderr, /^sluice: \S+\/node needs libatomic\.so\.1, which is not on this machine\. Install it/m);
});

test("a command that ends with the loader's exit code itself is left to say why", (t) => {
  const { status, stderr } = handOverTo(t, `[ "$1" = --version ] && echo v26 || exit 127`);

  assert.equal(status, 127);
  assert.equal(stderr, "");
});
