import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeFolder } from "../../../../../../test/support/remove-folder.ts";
import { SandboxRoot } from "./sandbox-root.ts";

test("what is not to be seen is covered where it lies in a folder that functions see", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-root-"));
  t.after(() => removeFolder(folder));
  const binds = [{ source: "/usr/share/code", target: "/var/task" }];

  const table = new SandboxRoot(folder, ["/usr/share", folder]).table(binds, { temporaryMegabytes: 1 });

  const lines = readFileSync(table, "utf8").split("\n");
  const at = (name: string) => lines.findIndex((line) => line.split(" ")[1] === join(folder, "root", name));
  assert.match(lines[at("usr/share")] ?? "", /^hidden \S+ tmpfs ro,/);
  assert(at("usr/share") > at("usr"), "it comes over what is shown");
  assert(at("var/task") > at("usr/share"), "what is a function's own is shown all the same");
  assert.equal(at(realpathSync(folder).slice(1)), -1, "what is not shown needs no cover");
});
