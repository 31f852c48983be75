import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openIdentities } from "./identities.ts";

const accountId = "123456789012";
const arnOf = (name: string) => `arn:aws:iam::${accountId}:user/${name}`;

/** The unique id that earlier versions gave keys of registered hosts. */
const earlierId = (arn: string) => `AIDA${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`;

test("hosts' keys of the version before go on with the registration of their name, and others end", async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), "sluice-earlier-"));
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const open = () => openIdentities({ dataFolder, accountId, clock: Date.now });
  const earlier = await open();
  const names = ["web-1", "web-2", "administrator"];
  const keys = await Promise.all(
    names.map((name) => earlier.issueForUser({ arn: arnOf(name), userId: earlierId(arnOf(name)) })),
  );
  const ann = await earlier.issueForUser({ arn: arnOf("ann"), userId: "AIDAOFANN" });
  earlier.close();
  // What this version has added to the tables goes: so the version before has left them.
  const file = new DatabaseSync(join(dataFolder, "identities.sqlite"));
  file.exec(`ALTER TABLE access_keys DROP COLUMN instance; DROP TABLE host_registrations;
    CREATE TABLE registration_tokens (hash TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL) STRICT;
    PRAGMA user_version = 1`);
  file.close();

  const identities = await open();
  t.after(() => identities.close());
  await identities.bindEarlierKeys((arn) => (arn === arnOf("web-2") ? undefined : `instance of ${arn}`));
  const found = keys.map(({ accessKeyId }) => identities.find(accessKeyId));

  assert.deepEqual(
    found.map((key) => key?.instance),
    [`instance of ${arnOf("web-1")}`, undefined, `instance of ${arnOf("administrator")}`],
  );
  assert.equal(found[1], undefined);
  // A key that was got in the administrator's name was never the administrator's.
  assert.equal(found[2]?.isAdministrator, false);
  assert.equal(identities.find(ann.accessKeyId)?.instance, undefined);
  await identities.endRegistration(`instance of ${arnOf("web-1")}`);
  assert.equal(identities.find(keys[0]?.accessKeyId ?? ""), undefined);
});
