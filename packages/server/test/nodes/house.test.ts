import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { EntryChain } from "../../src/nodes/entry-chain.ts";
import { House } from "../../src/nodes/house.ts";
import type { Entry } from "../../src/nodes/journal.ts";
import type { Replica } from "../../src/nodes/replica.ts";
import { currentSchema } from "../../src/nodes/tables.ts";
import { storeOn } from "../../src/store/index.ts";
import { dumpOf } from "./dump.ts";
import { MemoryJournal } from "./memory-journal.ts";

/** A journal, and houses of it in folders of their own that share a key. */
function openHouses(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-house-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const journal = new MemoryJournal(() => Date.now());
  const keyFile = join(folder, "key");
  const open = async (name: string) => {
    const dataFolder = mkdtempSync(join(folder, `${name}-`));
    const makeSecrets = async () => writeFileSync(join(dataFolder, "credentials"), `of ${name}`);
    return { dataFolder, house: await House.open({ dataFolder, keyFile, journal, makeSecrets }) };
  };
  return { journal, keyFile, open };
}

/** Writes to a replica as the node that writes does. */
async function writeOn(
  replica: Replica,
  { journal, house }: { journal: MemoryJournal; house: House },
  names: readonly string[],
) {
  let kept: Entry | undefined;
  const database = replica.forWriting({
    async keep(patchset) {
      const after = replica.position;
      kept = house.chain.next(after, { term: 1, schema: currentSchema, patchset });
      await journal.append(kept, after);
    },
    beforeCommit: () => kept && replica.note(kept),
  });
  const store = storeOn(database);
  for (const name of names)
    await store.write(() =>
      store.applications.add({ id: `id-${name}`, name, computePlatform: "Server", createTime: 1 }, []),
    );
  database.end();
  replica.forReading();
}

/** Applies what the journal has. */
async function follow(replica: Replica, journal: MemoryJournal): Promise<void> {
  for (;;) {
    const entries = (await journal.after(replica.position)) ?? assert.fail("the journal has the position");
    if (entries.length === 0) return;
    for (const entry of entries) replica.apply(entry);
  }
}

test("nodes of a house have the same rows and secrets, whether they begin with the first base or a later one", async (t) => {
  const { journal, open } = openHouses(t);
  const one = await open("one");
  const first = await one.house.openReplica();
  const two = await open("two");
  const second = await two.house.openReplica();
  two.house.unsealSecrets(second);
  await writeOn(first, { journal, house: one.house }, ["a", "b", "c"]);
  await follow(second, journal);
  assert.equal(dumpOf(second.file), dumpOf(first.file));

  assert.equal(await journal.addBase(await one.house.baseNow()), true);
  await writeOn(first, { journal, house: one.house }, ["d"]);
  const three = await open("three");
  const third = await three.house.openReplica();
  assert.equal(third.position.sequence, 3, "it begins with the later base");
  await follow(third, journal);
  assert.equal(dumpOf(third.file), dumpOf(first.file));

  // A replica stays over a restart, and is thrown away when it is torn.
  second.close();
  const again = await two.house.openReplica();
  assert.equal(again.position.sequence, 3);
  again.close();
  writeFileSync(
    join(two.dataFolder, "replica.sqlite"),
    "no database at all, but long enough to be looked at".repeat(100),
  );
  const anew = await two.house.openReplica();
  assert.equal(anew.position.sequence, 3);
  for (const replica of [first, third, anew]) replica.close();
});

test("entries and bases that were made with another key are not taken", async (t) => {
  const { journal, open } = openHouses(t);
  const one = await open("one");
  const replica = await one.house.openReplica();
  const stranger = new EntryChain(Buffer.from("another key"));
  const forged = stranger.next(replica.position, { term: 9, schema: currentSchema, patchset: Buffer.from("x") });
  assert.throws(() => replica.apply(forged), /was not made with the key of this house/);
  await writeOn(replica, { journal, house: one.house }, ["a"]);
  await journal.addBase(stranger.base(replica.position, (await one.house.baseNow()).bytes));
  const two = await open("two");
  await assert.rejects(two.house.openReplica(), /sealed with another key/);
  replica.close();
});

test("a data folder that has the secrets of another house is refused", async (t) => {
  const { keyFile, open } = openHouses(t);
  const one = await open("one");
  const replica = await one.house.openReplica();
  const two = await open("two");
  writeFileSync(join(two.dataFolder, "credentials"), "of somebody else");
  assert.throws(() => two.house.unsealSecrets(replica), /is that of another house/);
  copyFileSync(join(one.dataFolder, "credentials"), join(two.dataFolder, "credentials"));
  two.house.unsealSecrets(replica);
  assert(keyFile);
  replica.close();
});

test("every table has a primary key: without one its changes would be in no patchset", async (t) => {
  const { open } = openHouses(t);
  const { house } = await open("one");
  const { file } = await house.openReplica();
  const tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  const without = tables
    .map((row) => String(row["name"]))
    .filter(
      (table) =>
        !file
          .prepare(`PRAGMA table_info(${table})`)
          .all()
          .some((column) => Number(column["pk"]) > 0),
    );
  assert(tables.length > 20);
  assert.deepEqual(without, []);
  file.close();
});
