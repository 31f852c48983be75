import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Call } from "@sluice/aws-protocol";
import { CloudDatabase } from "../../store/database.ts";
import { lambdaAccesses } from "./accesses.ts";
import type { LambdaContext } from "./context.ts";
import { lambdaTables } from "./tables.ts";

const call = { principal: { policies: [] } } as unknown as Call; // nothing else of it is looked at

/** What requests touch, where there is a function with the tag `protected`. */
function opened(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-lambda-accesses-"));
  const db = new CloudDatabase(folder, [lambdaTables]);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  db.run("INSERT INTO functions VALUES (?, 0, NULL, ?)", "hook", JSON.stringify({ protected: "true" }));
  return lambdaAccesses({ db, region: "eu-west-1", accountId: "123456789012" } as LambdaContext); // nothing else is used
}

test("conditions see the tags of the function, by whichever of its names a request calls it", async (t) => {
  const accesses = opened(t);

  for (const [operation, input] of [
    ["DeleteFunction", { FunctionName: "hook" }],
    ["UpdateFunctionCode", { FunctionName: "hook:3" }],
    ["DeleteAlias", { FunctionName: "function:hook", Name: "live" }],
    ["UntagResource", { Resource: "arn:aws:lambda:us-east-1:210987654321:function:hook", TagKeys: ["protected"] }],
  ] as const) {
    const [access] = await accesses(operation, input, call);
    assert.equal(access?.context?.["aws:ResourceTag/protected"], "true", operation);
  }
});

test("code that lies in a bucket is read with the caller's permission", async (t) => {
  const accesses = opened(t);
  const code = { S3Bucket: "code", S3Key: "hook.zip" };
  const needed = async (operation: string, input: Readonly<Record<string, unknown>>) =>
    (await accesses(operation, input, call)).map(({ action, resource }) => `${action ?? "own"} ${resource}`).slice(1);

  assert.deepEqual(await needed("UpdateFunctionCode", { FunctionName: "hook", ...code }), [
    "s3:GetObject arn:aws:s3:::code/hook.zip",
  ]);
  assert.deepEqual(await needed("CreateFunction", { FunctionName: "new", Code: { ...code, S3ObjectVersion: "v1" } }), [
    "s3:GetObjectVersion arn:aws:s3:::code/hook.zip",
  ]);
});
