import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { initialDeployments, type StoredDeployment } from "../../test/stored-deployments.ts";
import { openAuditLog } from "../audit/audit-log.ts";
import { openStore } from "../store/index.ts";
import { Retention, type RetentionDays } from "./retention.ts";

const day = 24 * 60 * 60 * 1000;
const now = 1000 * day;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-retention-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store with these deployments, after everything older than `keep` is deleted. */
async function afterRound(t: TestContext, deployments: readonly StoredDeployment[], keep: RetentionDays) {
  const folder = folderOf(t);
  const store = openStore(folder);
  t.after(() => store.close());
  await store.write(() => initialDeployments(store, deployments));
  const retention = new Retention({
    ...{ store, keep },
    clock: () => now,
    log: () => {},
    onDefect: (error) => assert.fail(String(error)),
  });
  await retention.round();
  return {
    folder,
    store,
    left: deployments.filter(({ id }) => store.deployments.byId(id) !== undefined).map(({ id }) => id),
  };
}

test("old deployments go with their targets; a group's last one and its last success stay, and so does what is under way", async (t) => {
  const { store, left } = await afterRound(
    t,
    [
      { id: "d-OLD", group: "web", status: "Succeeded", at: 1 * day, targets: 250 },
      { id: "d-SUCCESS", group: "web", status: "Succeeded", at: 2 * day },
      { id: "d-FAILED", group: "web", status: "Failed", at: 3 * day },
      { id: "d-LAST", group: "web", status: "Stopped", at: 4 * day },
      { id: "d-LIVE", group: "db", status: "InProgress", at: 5 * day, rollsBack: "d-CAUSE" },
      { id: "d-CAUSE", group: "db", status: "Failed", at: 4 * day },
      { id: "d-DBSUCCESS", group: "db", status: "Succeeded", at: 3 * day },
      { id: "d-NEW", group: "api", status: "Failed", at: now - 5 * day },
      { id: "d-NEWER", group: "api", status: "Failed", at: now - 4 * day },
    ],
    { deployments: 10 },
  );

  assert.deepEqual(left, ["d-SUCCESS", "d-LAST", "d-LIVE", "d-CAUSE", "d-DBSUCCESS", "d-NEW", "d-NEWER"]);
  assert.deepEqual(store.deployments.targets("d-OLD"), []);
});

test("without a limit everything stays", async (t) => {
  const old: readonly StoredDeployment[] = [
    { id: "d-ONE", group: "web", status: "Succeeded", at: 1 },
    { id: "d-TWO", group: "web", status: "Succeeded", at: 2 },
  ];

  assert.deepEqual((await afterRound(t, old, { deployments: 0 })).left, ["d-ONE", "d-TWO"]);
  assert.deepEqual((await afterRound(t, old, {})).left, ["d-ONE", "d-TWO"]);
});

test("revisions go that nobody has used for long, but not one that a group has on its hosts", async (t) => {
  const folder = folderOf(t);
  const store = openStore(folder);
  t.after(() => store.close());
  const git = (commitId: string) => ({
    revisionType: "GitHub" as const,
    gitHubLocation: { repository: "a/b", commitId },
  });
  await store.write(() => {
    initialDeployments(store, [{ id: "d-A", group: "web", status: "Succeeded", at: day }]);
    for (const [index, commit] of ["current", "unused", "used"].entries())
      store.revisions.register("a", git(commit), { now: index });
    store.revisions.used("a", git("used"), now - day);
    store.groups.succeeded("web", git("current"));
  });

  await new Retention({
    ...{ store, clock: () => now, keep: { revisions: 10 } },
    log: () => {},
    onDefect: (error) => assert.fail(String(error)),
  }).round();

  assert.deepEqual(
    store.revisions.of("a").map(({ location }) => location.gitHubLocation?.commitId),
    ["current", "used"],
  );
});

test("the audit log is proved from where it begins, and nobody without its key can say that it begins later", async (t) => {
  const folder = folderOf(t);
  const key = Buffer.alloc(32, 7);
  const entry = {
    requestId: "r",
    service: "codedeploy",
    operation: "CreateApplication",
    caller: "c",
    accessKeyId: "a",
    resources: [],
    outcome: "Succeeded",
  };
  const log = openAuditLog(folder, key);
  await Promise.all(Array.from({ length: 450 }, (_, index) => log.append({ ...entry, at: index * day })));
  const store = openStore(folder);
  t.after(() => store.close());
  const options = { store, audit: log, log: () => {}, onDefect: (error: unknown) => assert.fail(String(error)) };

  const proof = log.prove(); // it goes on while entries are deleted
  await new Retention({ ...options, clock: () => 450 * day, keep: { auditEntries: 100 } }).round();

  assert.deepEqual([(await proof).isIntact, (await log.prove()).isIntact], [true, true]);
  assert.equal(log.read({ since: 0, after: 0, count: 500 })[0]?.at, 350 * day);
  await new Retention({ ...options, clock: () => 9000 * day, keep: { auditEntries: 100 } }).round();
  assert.equal(log.read({ since: 0, after: 0, count: 500 }).length, 1); // the chain goes on from it
  await log.append({ ...entry, at: 9000 * day });
  await log.append({ ...entry, at: 9000 * day });
  assert.equal((await log.prove()).isIntact, true);
  log.close();
  const db = new DatabaseSync(join(folder, "audit.sqlite"));
  assert.throws(() => db.exec("DELETE FROM audit"), /append-only/);
  db.exec("UPDATE audit_beginning SET sequence = 451; DELETE FROM audit WHERE sequence <= 451");
  db.close();
  const again = openAuditLog(folder, key);
  t.after(() => again.close());
  assert.deepEqual(await again.prove(), { isIntact: false, problem: "Where the log begins is not as it was written" });
});
