import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";

const file = resolve(import.meta.dirname, "../../packages/cli/bin/own-cache.js");

/** What a start of the program finds for its cache, with some folder named. It is JavaScript that every Node runs, so a Node is asked. */
function cacheIn(folder: string): { readonly folder: string; readonly why?: string } {
  const code = `import { ownCache } from ${JSON.stringify(file)}; console.log(JSON.stringify(ownCache("code")))`;
  const env = { ...process.env, XDG_CACHE_HOME: folder };
  const told = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8", env });
  return JSON.parse(told) as { folder: string; why?: string };
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cache-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("what an installed program keeps to run again is this user's alone, or it keeps nothing", (t) => {
  const own = scratch(t);
  const open = join(own, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);

  const kept = cacheIn(join(own, "cache"));

  assert.equal(kept.why, undefined);
  assert.equal(statSync(kept.folder).mode & 0o777, 0o700);
  assert.equal(cacheIn(open).why, `others may change ${open}`);
  chmodSync(join(own, "cache/sluice"), 0o775);
  assert.match(cacheIn(join(own, "cache")).why ?? "", /^others may change .*cache\/sluice$/);
  assert.match(cacheIn(join(process.execPath, "none")).why ?? "", /ENOTDIR/);
});
