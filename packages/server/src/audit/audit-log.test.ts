import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { AuditEntry } from "./audit-entry.ts";
import { openAuditLog } from "./audit-log.ts";
import { isChange } from "./record-changes.ts";

const key = Buffer.alloc(32, 7);
const entry = (operation: string, at = 0): Omit<AuditEntry, "sequence"> => ({
  at,
  requestId: "r",
  service: "codedeploy",
  operation,
  caller: "arn:aws:iam::123456789012:user/ann",
  accessKeyId: "AKIAANN",
  resources: ["*"],
  outcome: "Succeeded",
});

/** A log with four entries, changed behind its back. */
async function tampered(t: TestContext, sql: string) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-audit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = openAuditLog(folder, key);
  for (const operation of ["CreateApplication", "CreateDeploymentGroup", "CreateDeployment", "StopDeployment"])
    await log.append(entry(operation));
  assert.equal((await log.prove()).isIntact, true);
  log.close();
  const db = new DatabaseSync(join(folder, "audit.sqlite"));
  db.exec(`DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; ${sql}`);
  db.close();
  const again = openAuditLog(folder, key);
  t.after(() => again.close());
  return again.prove();
}

test("an entry that somebody has changed shows", async (t) => {
  assert.deepEqual(await tampered(t, `UPDATE audit SET entry = replace(entry, '/ann', '/bob') WHERE sequence = 2`), {
    isIntact: false,
    problem: "Entry 2 is not as it was written",
  });
});

test("entries that somebody has taken out show, also the last ones", async (t) => {
  assert.deepEqual(await tampered(t, "DELETE FROM audit WHERE sequence = 2"), {
    isIntact: false,
    problem: "Entry 2 is missing",
  });
  assert.deepEqual(await tampered(t, "DELETE FROM audit WHERE sequence > 2"), {
    isIntact: false,
    problem: "Entries 3 to 4 are missing",
  });
});

test("entries that change places show", async (t) => {
  const proof = await tampered(
    t,
    "UPDATE audit SET sequence = 9 WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 9",
  );

  assert.deepEqual(proof, { isIntact: false, problem: "Entry 2 is not as it was written" });
});

test("the database refuses to change or delete an entry, and the chain goes on after a restart", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-audit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = openAuditLog(folder, key);
  await first.append(entry("CreateApplication", 1000));
  first.close();
  const db = new DatabaseSync(join(folder, "audit.sqlite"));

  assert.throws(() => db.exec("DELETE FROM audit"), /the audit log is append-only/);
  assert.throws(() => db.exec("UPDATE audit SET at = 0"), /the audit log is append-only/);
  db.close();
  const second = openAuditLog(folder, key);
  t.after(() => second.close());
  await second.append(entry("DeleteApplication", 2000));

  assert.equal((await second.prove()).isIntact, true);
  assert.deepEqual(
    second.read({ since: 1500, after: 0, count: 10 }).map(({ sequence, operation }) => [sequence, operation]),
    [[2, "DeleteApplication"]],
  );
});

test("entries that come at once are written in their order, and are a chain", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-audit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = openAuditLog(folder, key);
  t.after(() => log.close());
  const requests = Array.from({ length: 75 }, (_, index) => ({
    ...entry("CreateApplication", index),
    requestId: `r${index}`,
  }));

  await Promise.all([log.append(entry("CreateDeployment", 1)), log.append(entry("StopDeployment", 2))]);
  await Promise.all(requests.map((request) => log.append(request)));

  assert.equal((await log.prove()).isIntact, true);
  const written = log.read({ since: 0, after: 2, count: 100 });
  assert.deepEqual(
    written,
    requests.map((request, index) => ({ sequence: index + 3, ...request })),
  );
});

test("operations that only read are told from those that change something", () => {
  const reads = [
    "GetDeployment",
    "ListUsers",
    "DescribeInstances",
    "HeadObject",
    "BatchGetDeployments",
    "PollHostCommand",
    "PutLogEvents",
  ];
  const changes = [
    "CreateDeployment",
    "PutObject",
    "AssumeRole",
    "GetSessionToken",
    "DeleteObjects",
    "PutHostCommandComplete",
    "TagResource",
    "ListenToNothing",
  ];

  assert.deepEqual(reads.filter(isChange), []);
  assert.deepEqual(changes.filter(isChange), changes);
});
