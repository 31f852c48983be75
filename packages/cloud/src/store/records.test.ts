import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CloudDatabase } from "./database.ts";
import { Records } from "./records.ts";

test("things are found by their name, those of their own kind alone, without looking at the others", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  const db = new CloudDatabase(folder, []);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const [pears, plums] = [new Records<object>(db, "pear"), new Records<object>(db, "plum")];
  pears.put("1", { name: "red" });
  pears.put("2", { name: "green" });
  pears.put("3", { name: "red", size: 2 });
  plums.put("1", { name: "red" });
  pears.put("2", { name: "yellow" });

  assert.deepEqual(pears.named("red"), [{ name: "red" }, { name: "red", size: 2 }]);
  assert.deepEqual(pears.named("green"), []);
  const [plan] = db.all<{ detail: string }>(
    "EXPLAIN QUERY PLAN SELECT record FROM records WHERE kind = ? AND record ->> '$.name' = ? ORDER BY sequence",
    ...["pear", "red"],
  );
  assert.match(plan?.detail ?? "", /USING INDEX records_by_name/);
});
