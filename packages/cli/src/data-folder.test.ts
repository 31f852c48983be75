import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDataFolder } from "./data-folder.ts";

test("a data folder and what is in it are this user's alone, whatever was there before", (t) => {
  const before = process.umask(0o022);
  const outside = mkdtempSync(join(tmpdir(), "sluice-data-"));
  t.after(() => {
    process.umask(before);
    rmSync(outside, { recursive: true });
  });
  const folder = join(outside, "data");
  mkdirSync(join(folder, "cloud/s3"), { recursive: true });
  const files = ["codedeploy.sqlite", "cloud/cloud.db", "cloud/netd.log"];
  for (const file of files) writeFileSync(join(folder, file), "");
  writeFileSync(join(outside, "mine"), "");
  symlinkSync(join(outside, "mine"), join(folder, "link"));
  for (const place of ["", "cloud", "cloud/s3"]) chmodSync(join(folder, place), 0o755);
  chmodSync(join(folder, files[0] ?? ""), 0o666);

  openDataFolder(folder);
  writeFileSync(join(folder, "new"), "");
  mkdirSync(join(folder, "cloud/made"));

  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  assert.deepEqual(
    ["", "cloud", "cloud/s3", "cloud/made"].map((place) => modeOf(join(folder, place))),
    ["700", "700", "700", "700"],
  );
  assert.deepEqual(
    [...files, "new"].map((file) => modeOf(join(folder, file))),
    ["600", "600", "600", "600"],
  );
  assert.equal(modeOf(join(outside, "mine")), "644");
});

test("a data folder that cannot be made is named, with the way out", (t) => {
  const before = process.umask();
  const outside = mkdtempSync(join(tmpdir(), "sluice-data-"));
  t.after(() => {
    process.umask(before);
    rmSync(outside, { recursive: true });
  });
  writeFileSync(join(outside, "file"), "");

  assert.throws(
    () => openDataFolder(join(outside, "file/data")),
    /Cannot make the data folder ".*file\/data"; name another with --data/,
  );
});
