import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { touchedBy } from "./touched.ts";

const all = globSync(["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"]);
const touched = (...changed: readonly string[]) => new Set(touchedBy(changed, all));

test("a change touches what imports it, across packages and by way of the programs that tests start", () => {
  const lambda = touched("packages/engine/src/workflows/lambda.ts");
  assert(lambda.has("packages/engine/src/workflows/lambda.test.ts"));
  assert(
    lambda.has("test/recovery/server-killed.test.ts"),
    "a test of a whole process runs the command line, and that the server",
  );
  assert(!lambda.has("packages/agent/src/config.test.ts"));

  const agent = touched("packages/agent/src/scripts/preforked-shell.ts");
  assert(agent.has("test/end-to-end/first-deployment.test.ts"), "instances run the packed agent");
  assert(!agent.has("packages/engine/src/workflows/lambda.test.ts"));

  assert.deepEqual(touched("scripts/bench/figure.ts"), new Set());
});

test("what everything depends on touches all, and a test touches itself", () => {
  assert.equal(touched("package-lock.json").size, all.length);
  assert(touched("packages/cli/src/commands/audit.test.ts").has("packages/cli/src/commands/audit.test.ts"));
});
