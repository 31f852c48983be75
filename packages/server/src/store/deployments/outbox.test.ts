import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { host, openPasses } from "../../../test/open-passes.ts";
import { openStore } from "../index.ts";

const id = "d-FIRST0000";

/** A deployment to one host that has its first command. */
async function openDeployment(t: TestContext) {
  const passes = await openPasses(t);
  await passes.record(id);
  passes.wake(id);
  await passes.settled();
  return passes;
}

/** What a program finds that is started on the folder as it is now. */
function restarted(t: TestContext, folder: string, prepare = (_file: string) => {}) {
  const copy = mkdtempSync(join(tmpdir(), "sluice-outbox-"));
  cpSync(folder, copy, { recursive: true });
  prepare(join(copy, "codedeploy.sqlite"));
  const store = openStore(copy);
  t.after(() => {
    store.close();
    rmSync(copy, { recursive: true, force: true });
  });
  return store;
}

test("a command is open until its host has answered, also after a restart", async (t) => {
  const { store, folder, wake, settled } = await openDeployment(t);
  const open = store.commands.openFor(host);
  const [command] = open;
  assert(command);
  assert.equal(command.event, "ApplicationStop");
  assert.deepEqual(restarted(t, folder).commands.openFor(host), open);

  const answered = store.write(() =>
    store.commands.addReport({ commandId: command.id, at: 1, kind: "acknowledged" }, id),
  );
  assert.deepEqual(store.commands.openFor(host), open, "nothing has been written yet");
  await answered;
  assert.deepEqual(store.commands.openFor(host), [], "although no pass has seen the answer yet");
  assert.deepEqual(restarted(t, folder).commands.openFor(host), []);
  wake(id);
  await settled();
  assert.deepEqual(store.commands.openFor(host), []);
  assert.deepEqual(restarted(t, folder).commands.openFor(host), []);
});

test("what is undone was never open", async (t) => {
  const { store, record, wake, settled } = await openPasses(t);
  await record(id);
  assert.deepEqual(store.commands.openFor(host), []);

  const failing = store.write(() => {
    throw new Error("no");
  });
  wake(id);
  await assert.rejects(failing, /no/);
  await settled();

  assert.equal(store.commands.openFor(host).length, 1);
});

test("an answer that was written stays known when other work is undone", async (t) => {
  const { store } = await openDeployment(t);
  const [command] = store.commands.openFor(host);
  assert(command);
  await store.write(() =>
    store.commands.addReport({ commandId: command.id, at: 1, kind: "completed", status: "Failed" }, id),
  );
  assert.deepEqual(store.commands.openFor(host), []);

  const failing = store.write(() => {
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);

  assert.deepEqual(store.commands.openFor(host), []);
});

test("commands of a deployment that is under way stay when its application goes: the deployment has to end first", async (t) => {
  const { store } = await openDeployment(t);
  const open = store.commands.openFor(host);
  assert.equal(open.length, 1);

  await store.write(() => store.applications.remove("a"));

  assert.deepEqual(store.commands.openFor(host), open);
});

test("a folder of a version that kept commands beside their targets is taken over", async (t) => {
  const { store, folder } = await openDeployment(t);
  const older = restarted(t, folder, (file) => {
    const db = new DatabaseSync(file);
    db.exec(`ALTER TABLE on_premises_instances DROP COLUMN owner_id; ALTER TABLE github_tokens DROP COLUMN applications;
CREATE TABLE commands (id TEXT, deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE); PRAGMA user_version = 2`);
    db.close();
  });

  assert.deepEqual(older.commands.openFor(host), store.commands.openFor(host));
});

test("a command is found by what its identifier says, and by nothing else", async (t) => {
  const { store } = await openDeployment(t);
  const [command] = store.commands.openFor(host);
  assert(command);
  const { deploymentId, event } = command;
  const { issuedAt: _, ...found } = command;

  assert.deepEqual(store.commands.find(deploymentId, host, event), found);
  assert.equal(store.commands.find(deploymentId, `${host}2`, event), undefined);
  assert.equal(store.commands.find("d-NOBODYHAS", host, event), undefined);
  assert.equal(store.commands.find(deploymentId, host, "ValidateService"), undefined, "it has not been issued");
  assert.equal(store.commands.find(deploymentId, host, "__proto__"), undefined);
});
