import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CloudDatabase } from "../../store/database.ts";
import { MetricStore } from "./metric-store.ts";
import { cloudWatchTables } from "./tables.ts";

function openDatabase(t: TestContext): CloudDatabase {
  const folder = mkdtempSync(join(tmpdir(), "metrics-"));
  const db = new CloudDatabase(folder, [cloudWatchTables]);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  return db;
}

const metric = { namespace: "Shop", name: "Errors", dimensions: [] };
const datum = (at: number, sum = 1) => ({ metric, point: { at, unit: "None", sum, minimum: 1, maximum: 1, count: 1 } });

test("data that come together are written together, so that a thousand wait for the disk once", (t) => {
  const metrics = new MetricStore(openDatabase(t));

  metrics.add([datum(1), datum(2)], 3);
  // The database has no place for what is no number: what came with it must not be there either.
  assert.throws(() => metrics.add([datum(3), datum(4, Number.NaN)], 5), /NOT NULL/);

  assert.deepEqual(
    metrics.points(metric, 0, 10).map(({ at }) => at),
    [1, 2],
  );
});

test("old data are let go, and found without looking at all the others", (t) => {
  const db = openDatabase(t);
  const metrics = new MetricStore(db);
  const day = 86_400_000;

  metrics.add([datum(1), datum(2 * day)], 2 * day);
  metrics.add([datum(4 * day)], 4 * day);

  assert.deepEqual(
    metrics.points(metric, 0, 5 * day).map(({ at }) => at),
    [2 * day, 4 * day],
  );
  const [plan] = db.all<{ detail: string }>("EXPLAIN QUERY PLAN DELETE FROM metric_points WHERE at < ?", day);
  assert.match(plan?.detail ?? "", /^SEARCH metric_points USING (COVERING )?INDEX metric_points_by_age/);
});
