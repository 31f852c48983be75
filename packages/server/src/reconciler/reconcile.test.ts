import assert from "node:assert/strict";
import { test } from "node:test";
import { host, openPasses } from "../../test/open-passes.ts";

test("of two deployments whose passes share a transaction, one goes first on a host", async (t) => {
  const { store, record, wake, settled } = await openPasses(t);
  await record("d-1");
  await record("d-2");

  wake("d-1");
  wake("d-2");
  await settled();

  assert.deepEqual(
    store.commands.openFor(host).map(({ deploymentId }) => deploymentId),
    ["d-1"],
  );
});
