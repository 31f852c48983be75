import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { openIdentities } from "./identities.ts";

const host = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
const role = "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-identities-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const open = (dataFolder: string, now = 0) =>
  openIdentities({ dataFolder, accountId: "123456789012", clock: () => now });
const everything = (folder: string) =>
  Buffer.concat(
    readdirSync(folder)
      .filter((name) => name.startsWith("identities.sqlite"))
      .map((name) => readFileSync(join(folder, name))),
  );

test("secrets are not in the database, and survive a restart all the same", async (t) => {
  const folder = folderOf(t);
  const first = await open(folder);

  const key = await first.issueForHost(host, role);
  first.close();

  assert.equal(everything(folder).includes(key.secretAccessKey), false);
  assert.equal(everything(folder).includes(key.sessionToken), false);
  const second = await open(folder);
  t.after(() => second.close());
  const found = second.find(key.accessKeyId);
  assert.equal(found?.secretAccessKey, key.secretAccessKey);
  assert.equal(found.sessionToken, key.sessionToken);
  assert.equal(found.principal.host, host);
});

test("files with keys can be read by their owner alone, also after somebody has opened them to others", async (t) => {
  const folder = folderOf(t);
  (await open(folder)).close();
  const files = ["credentials", "identities.key"].map((name) => join(folder, name));
  for (const file of files) chmodSync(file, 0o644);

  (await open(folder)).close();

  for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("plain-text keys of earlier versions are sealed, and no trace of them stays", async (t) => {
  const folder = folderOf(t);
  const old = new DatabaseSync(join(folder, "identities.sqlite"));
  old.exec(
    "PRAGMA journal_mode=WAL; CREATE TABLE host_keys (access_key_id TEXT PRIMARY KEY, secret TEXT NOT NULL, session_token TEXT NOT NULL, expires_at INTEGER NOT NULL, host TEXT NOT NULL, arn TEXT NOT NULL) STRICT",
  );
  old
    .prepare("INSERT INTO host_keys VALUES (?, ?, ?, ?, ?, ?)")
    .run("ASIAOLD", "plain-secret-of-old", "plain-token-of-old", 9e12, host, role);
  old.close();

  const identities = await open(folder);
  const found = identities.find("ASIAOLD");
  identities.close();

  assert.equal(found?.secretAccessKey, "plain-secret-of-old");
  assert.equal(found.principal.host, host);
  assert.equal(everything(folder).includes("plain-secret-of-old"), false);
  assert.equal(everything(folder).includes("plain-token-of-old"), false);
});

test("without the key file the keys cannot be opened, and the message says what to do", async (t) => {
  const folder = folderOf(t);
  const first = await open(folder);
  await first.issueForHost(host, role);
  first.close();
  rmSync(join(folder, "identities.key"));

  await assert.rejects(open(folder), /identities\.key" is missing, and they are sealed with it\. Put it back/);
});

test("a host gets the same key until an hour before it expires, and another one when its role changes", async (t) => {
  const folder = folderOf(t);
  let now = 0;
  const identities = await openIdentities({ dataFolder: folder, accountId: "123456789012", clock: () => now });
  t.after(() => identities.close());

  const first = await identities.issueForHost(host, role);
  now = 4 * 3_600_000;
  const second = await identities.issueForHost(host, role);
  now = 5.5 * 3_600_000;
  const third = await identities.issueForHost(host, role);
  const other = await identities.issueForHost(host, role.replace("/web/", "/other/"));

  assert.equal(second.accessKeyId, first.accessKeyId);
  assert.notEqual(third.accessKeyId, first.accessKeyId);
  assert.notEqual(other.accessKeyId, third.accessKeyId);
});

test("an inactive or revoked key is as good as none", async (t) => {
  const identities = await open(folderOf(t));
  t.after(() => identities.close());
  const user = { arn: "arn:aws:iam::123456789012:user/ann", userId: "AIDAANN" };

  const [one, two] = [await identities.issueForUser(user), await identities.issueForUser(user)];
  await identities.setActive(one.accessKeyId, false);
  await identities.revokeKey(two.accessKeyId);

  assert.equal(identities.find(one.accessKeyId), undefined);
  assert.equal(identities.find(two.accessKeyId), undefined);
  assert.deepEqual(identities.keysOf("AIDAANN"), [{ accessKeyId: one.accessKeyId, createdAt: 0, isActive: false }]);
});

test("a registration token is good for an hour, and whoever sets the clock back prolongs none", async (t) => {
  const [folder, made, hour] = [folderOf(t), 1_800_000_000_000, 3_600_000];
  let now = made;
  const identities = await openIdentities({ dataFolder: folder, accountId: "123456789012", clock: () => now });
  t.after(() => identities.close());
  const goodAt = async (at: number) => {
    now = made;
    const { token } = await identities.newRegistration({ arn: host, instance: "web-1" });
    now = at;
    return (await identities.redeemRegistration(token)) !== undefined;
  };

  assert.deepEqual(
    [await goodAt(made), await goodAt(made - 5_000), await goodAt(made + hour - 1)],
    [true, true, true],
    "clocks that are set right go back a little",
  );
  assert.deepEqual([await goodAt(made + hour), await goodAt(made - hour), await goodAt(0)], [false, false, false]);
});
