import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedLabels } from "./bounded-labels.ts";

test("the first combinations keep their names, and every further one is other", () => {
  const labels = new BoundedLabels(2);
  const a = { application: "a", deployment_group: "g" };
  const b = { application: "b", deployment_group: "g" };
  const c = { application: "c", deployment_group: "g" };

  assert.deepEqual([labels.of(a), labels.of(b)], [a, b]);
  assert.deepEqual(labels.of(c), { application: "other", deployment_group: "other" });
  assert.deepEqual([labels.of(b), labels.of(a)], [b, a]);
});
