import assert from "node:assert/strict";
import { test } from "node:test";
import { Postgres, whyNoPostgres } from "../../../../test/support/postgres.ts";
import { start, EntryChain } from "../../src/nodes/entry-chain.ts";
import { PostgresJournal } from "../../src/nodes/postgres/postgres-journal.ts";
import { journalContract } from "./journal-contract.ts";

const ends: (() => Promise<void> | void)[] = [];
const skip = whyNoPostgres;
const suite = { after: (end: () => Promise<void> | void) => void ends.push(end) };
const postgres = skip === false ? await Postgres.open(suite) : undefined;

journalContract(
  "a journal in PostgreSQL",
  async (t) => {
    assert(postgres);
    const journal = await PostgresJournal.open(await postgres.database());
    t.after(() => journal.close());
    return { journal, pass: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) };
  },
  { skip },
);

test("two nodes that begin at once make the tables once", { skip }, async (t) => {
  assert(postgres);
  const url = await postgres.database();
  const journals = await Promise.all([1, 2, 3].map(() => PostgresJournal.open(url)));
  t.after(() => Promise.all(journals.map((journal) => journal.close())));
  assert.equal(await journals[0]?.newestBase(), undefined);
});

test(
  "a journal goes on by itself after PostgreSQL was away, with all that it has acknowledged",
  { skip },
  async (t) => {
    assert(postgres);
    const journal = await PostgresJournal.open(await postgres.database());
    t.after(() => journal.close());
    const chain = new EntryChain(Buffer.from("key"));
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = chain.next(start, { term: 1, schema: 1, patchset: Buffer.from("a") });
    await journal.append(first, start);
    await postgres.stop("immediate");
    const second = chain.next(first, { term: 1, schema: 1, patchset: Buffer.from("b") });
    await assert.rejects(journal.append(second, first));
    await postgres.start();
    await journal.append(second, first);
    assert.equal((await journal.after(start))?.length, 2);
  },
);

test("a database that cannot be used is told of in one sentence, without its password", { skip }, async () => {
  assert(postgres);
  const reason = (url: string) =>
    PostgresJournal.open(url).then(
      () => assert.fail("it can be used"),
      (error: unknown) => String(error),
    );
  const { port } = postgres;
  assert.match(
    await reason(`postgres://sluice:hidden@127.0.0.1:${port}/nowhere`),
    /"nowhere" does not exist\. Create it/,
  );
  assert.match(
    await reason(`postgres://sluice:hidden@127.0.0.1:1/house`),
    /Cannot reach the database postgres:\/\/sluice@127/,
  );
  assert.doesNotMatch(await reason(`postgres://sluice:hidden@127.0.0.1:${port}/nowhere`), /hidden/);
  const name = new URL(await postgres.database()).pathname.slice(1);
  await PostgresJournal.open(postgres.url(name)).then((journal) => journal.close());
  await postgres.run("UPDATE sluice.writer SET format = 99", name);
  assert.match(await reason(postgres.url(name)), /tables are of version 99, and this program knows version 1/);
});

test.after(async () => {
  for (const end of ends.toReversed()) await end();
});
