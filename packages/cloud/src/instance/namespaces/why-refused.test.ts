import assert from "node:assert/strict";
import { test } from "node:test";
import { isShown } from "./why-refused.ts";

test("a data folder below what instances are shown is refused, unless they cannot read it", () => {
  for (const folder of ["/usr/local/share/sluice", "/etc/sluice"]) {
    assert.equal(isShown(folder, 1000), true);
    assert.equal(isShown(folder, 0), false);
  }
  for (const folder of ["/home/me/.sluice", "/usrlocal", "/var/lib/etc/sluice"])
    assert.equal(isShown(folder, 1000), false);
});
