import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openStore } from "./index.ts";

/** What the first version had of the tables that later ones have changed, with a deployment in it. */
const firstVersion = `
CREATE TABLE applications (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, compute_platform TEXT NOT NULL, create_time INTEGER NOT NULL, tags TEXT NOT NULL
) STRICT;
CREATE TABLE deployments (
  id TEXT PRIMARY KEY, application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE, group_id TEXT NOT NULL, status TEXT NOT NULL,
  create_time INTEGER NOT NULL, is_over INTEGER NOT NULL, version INTEGER NOT NULL, fleet TEXT, request TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE targets (
  deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL, host TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (deployment_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX targets_by_host ON targets (host);
CREATE TABLE commands (
  id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE,
  target_id TEXT NOT NULL, host TEXT NOT NULL, event TEXT NOT NULL, issued_at INTEGER NOT NULL, is_open INTEGER NOT NULL
) STRICT;
CREATE TABLE on_premises_instances (
  name TEXT PRIMARY KEY, arn TEXT NOT NULL, iam_arn TEXT NOT NULL, is_session INTEGER NOT NULL, register_time INTEGER NOT NULL,
  deregister_time INTEGER, tags TEXT NOT NULL
) STRICT;
CREATE TABLE github_tokens (name TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT;
INSERT INTO on_premises_instances VALUES ('web-1', 'arn:web-1', 'arn:ann', 0, 1, NULL, '[]');
INSERT INTO github_tokens VALUES ('octocat', 'sealed');
INSERT INTO applications VALUES ('a', 'shop', 'Server', 1, '[]');
INSERT INTO deployments VALUES ('d-1', 'a', 'g', 'Succeeded', 1, 1, 1, '{"selected":{"found":[]}}', '{}', '{}');
INSERT INTO targets VALUES ('d-1', 1, 'two', 'host-2', '{"id":"two"}'), ('d-1', 0, 'one', 'host-1', '{"id":"one"}');
PRAGMA user_version = 1;`;

test("a data folder of the first version keeps its deployments", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-schema-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = new DatabaseSync(join(folder, "codedeploy.sqlite"));
  first.exec(firstVersion);
  first.close();

  for (const _ of ["brought to this version", "opened again"]) {
    const store = openStore(folder);
    const { deployments } = store;
    assert.deepEqual(
      deployments.targets("d-1").map(({ id }) => id),
      ["one", "two"],
    );
    assert.deepEqual(deployments.fleets("d-1"), { selected: { found: [] } });
    assert.equal(deployments.liveTarget("d-1", "host-2"), undefined);
    assert.deepEqual(store.githubTokens.byName("Octocat"), {
      name: "octocat",
      sealed: "sealed",
      applications: undefined,
    });
    assert.equal(store.onPremises.registeredAs("arn:ann")?.ownerId, undefined);
    store.close();
  }
  const store = openStore(folder);
  await store.write(() => store.applications.remove("a"));
  assert.deepEqual(store.deployments.targets("d-1"), []);
  await store.write(() => store.onPremises.bindOwners(() => "AIDAANN"));
  assert.equal(store.onPremises.registeredAs("arn:ann")?.ownerId, "AIDAANN");
  store.close();
});
