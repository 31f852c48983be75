import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "@sluice/aws-protocol";
import { s3Accesses } from "./accesses.ts";

const call = {} as Call; // not looked at
const actions = async (operation: string, input: Readonly<Record<string, unknown>>) =>
  (await s3Accesses(operation, input, call)).map(({ action, resource }) => `${action} ${resource}`);

test("to copy an old version needs the permission to read versions", async () => {
  for (const operation of ["CopyObject", "UploadPartCopy"])
    assert.deepEqual(
      await actions(operation, { Bucket: "web", Key: "copy", CopySource: "/secret/a%20key?versionId=v1" }),
      ["s3:GetObjectVersion arn:aws:s3:::secret/a key", "s3:PutObject arn:aws:s3:::web/copy"],
    );
});

test("to copy the newest version needs the permission to read it", async () => {
  assert.deepEqual(await actions("CopyObject", { Bucket: "web", Key: "copy", CopySource: "secret/key" }), [
    "s3:GetObject arn:aws:s3:::secret/key",
    "s3:PutObject arn:aws:s3:::web/copy",
  ]);
});

test("each version that is read or deleted is another permission than the newest", async () => {
  const version = { Bucket: "web", Key: "a", VersionId: "v1" };

  for (const [operation, action] of [
    ["GetObject", "s3:GetObjectVersion"],
    ["HeadObject", "s3:GetObjectVersion"],
    ["DeleteObject", "s3:DeleteObjectVersion"],
  ] as const)
    assert.deepEqual(await actions(operation, version), [`${action} arn:aws:s3:::web/a`]);
  const several = { Bucket: "web", Delete: { Objects: [{ Key: "a", VersionId: "v1" }, { Key: "b" }] } };
  assert.deepEqual(await actions("DeleteObjects", several), [
    "s3:DeleteObjectVersion arn:aws:s3:::web/a",
    "s3:DeleteObject arn:aws:s3:::web/b",
  ]);
});
