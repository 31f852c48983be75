import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { entryPath } from "./entry-path.ts";

for (const folder of ["/", "/srv", "/srv/", "/srv/a b/..c", "srv"])
  test(`the entries of "${folder}" are where join has them`, () => {
    for (const name of ["file", ".hidden", "..more", "a b", "ä"])
      assert.equal(entryPath(folder, name), join(folder, name));
  });
