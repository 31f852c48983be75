import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { EntryChain, start } from "../../src/nodes/entry-chain.ts";
import { type Entry, type Journal, type Position, Superseded } from "../../src/nodes/journal.ts";

const chain = new EntryChain(Buffer.from("key of the house"));
const patchset = (text: string) => Buffer.from(text.repeat(20));
const next = (after: Position, text: string, term = 1): Entry =>
  chain.next(after, { term, schema: 7, patchset: patchset(text) });
const one = { node: "one", address: "http://127.0.0.1:1" };
const two = { node: "two", address: "http://127.0.0.1:2" };

/** What every journal promises. `open` gives an empty one, whose leases can be made to run out. */
export function journalContract(
  name: string,
  open: (
    t: TestContext,
  ) => Promise<{ readonly journal: Journal; readonly pass: (milliseconds: number) => Promise<void> }>,
  options: { readonly skip?: string | false } = {},
): void {
  const it = (
    promise: string,
    run: (journal: Journal, pass: (milliseconds: number) => Promise<void>) => Promise<void>,
  ) =>
    void test(`${name}: ${promise}`, options, async (t) => {
      const { journal, pass } = await open(t);
      await run(journal, pass);
    });

  it("gives back entries in their order, as they were", async (journal) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = next(start, "a");
    const second = next(first, "b");
    await journal.append(first, start);
    await journal.append(second, first);
    const all: Entry[] = [];
    for (let at: Position = start; ;) {
      const found = await journal.after(at);
      assert(found);
      if (found.length === 0) break;
      all.push(...found);
      at = found.at(-1) ?? at;
    }
    assert.deepEqual(
      all.map((entry) => ({ ...entry, changes: Buffer.from(entry.changes) })),
      [first, second].map((entry) => ({ ...entry, changes: Buffer.from(entry.changes) })),
    );
    assert.equal(chain.follows(first, all[1] ?? first), true);
  });

  it("takes the entry that follows the last, and no other", async (journal) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = next(start, "a");
    const other = next(start, "other", 2);
    const second = next(first, "b");
    await journal.append(first, start);
    await assert.rejects(journal.append(other, start), Superseded);
    await assert.rejects(journal.append(next(other, "b"), other), Superseded);
    await assert.rejects(journal.append(next(second, "c"), second), Superseded);
    await journal.append(second, first);
  });

  it("of entries that are sent at once for one place it takes one", async (journal) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const sent = await Promise.allSettled(["a", "b", "c"].map((text) => journal.append(next(start, text), start)));
    assert.equal(sent.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await journal.after(start))?.length, 1);
  });

  it("takes an entry again whose answer was lost, and has it once", async (journal) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = next(start, "a");
    await journal.append(first, start);
    await journal.append(first, start);
    const second = next(first, "b");
    await journal.append(second, first);
    await journal.append(first, start);
    assert.equal((await journal.after(first))?.length, 1);
  });

  it("says when it does not have a position", async (journal) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = next(start, "a");
    assert.equal(await journal.after(first), undefined);
    await journal.append(first, start);
    assert.equal(await journal.after(next(start, "other")), undefined);
    assert.deepEqual(await journal.after(first), []);
  });

  it("has one base, the newest, and the first of two that begin a house", async (journal) => {
    assert.equal(await journal.newestBase(), undefined);
    const bytes = Buffer.alloc(3_000_000, "base");
    const added = await Promise.all([1, 2].map(() => journal.addBase(chain.base(start, bytes))));
    assert.equal(added.filter((isAdded) => isAdded).length, 1);
    const found = await journal.newestBase();
    assert(found);
    assert.equal(chain.isOurs(found), true);
    assert.equal(Buffer.compare(found.bytes, bytes), 0);
    const first = next(start, "a");
    await journal.append(first, start);
    assert.equal(await journal.addBase(chain.base(first, Buffer.from("newer"))), true);
    assert.equal((await journal.newestBase())?.sequence, 1);
    assert.equal(await journal.addBase(chain.base(start, bytes)), false);
    await journal.append(next(first, "b"), first);
    const growth = await journal.growth();
    assert.equal(growth.base, 1);
    assert.equal(growth.baseBytes, 5);
    assert(growth.entryBytes > 0 && growth.entryBytes < 100);
  });

  it("forgets entries that a base has, once they are old, and never the last", async (journal, pass) => {
    await journal.addBase(chain.base(start, Buffer.from("base")));
    const first = next(start, "a");
    const second = next(first, "b");
    await journal.append(first, start);
    await journal.append(second, first);
    await journal.trim(0);
    assert.equal((await journal.after(start))?.length, 2, "no base has them");
    await journal.addBase(chain.base(second, Buffer.from("base")));
    await journal.trim(3_600_000);
    assert.equal((await journal.after(first))?.length, 1, "they are new");
    await pass(50);
    await journal.trim(10);
    assert.equal(await journal.after(first), undefined);
    assert.deepEqual(await journal.after(second), []);
    await journal.append(next(second, "c"), second);
  });

  it("gives the lease to one, and to another when it has run out or was let go", async (journal, pass) => {
    const taken = await Promise.all([journal.takeLease(one, 400), journal.takeLease(two, 400)]);
    assert.deepEqual(
      taken.filter((term) => term !== undefined),
      [1],
    );
    const holder = taken[0] === 1 ? one : two;
    const other = holder === one ? two : one;
    assert.deepEqual(await journal.lease(), { ...holder, term: 1, isOver: false });
    await pass(300);
    assert.equal(await journal.renewLease(1, 400), true);
    await pass(300);
    assert.equal(await journal.takeLease(other, 400), undefined);
    await pass(200);
    assert.equal((await journal.lease())?.isOver, true);
    assert.equal(await journal.takeLease(other, 10_000), 2);
    assert.equal(await journal.renewLease(1, 400), false);
    await journal.leaveLease(1);
    assert.equal(await journal.takeLease(holder, 400), undefined);
    await journal.leaveLease(2);
    assert.equal(await journal.takeLease(holder, 400), 3);
  });

  it("a lease that ran out holds on while nobody else has taken it", async (journal, pass) => {
    assert.equal(await journal.takeLease(one, 10), 1);
    await pass(50);
    assert.equal(await journal.renewLease(1, 60_000), true);
    assert.equal(await journal.takeLease(two, 10), undefined);
  });

  it("tells what nodes have said of themselves", async (journal) => {
    const report = { ...one, version: "1.0.0", role: "follows", sequence: 5, since: 1_000 } as const;
    await journal.report(report);
    await journal.report({ ...report, sequence: 6, role: "writes" });
    await journal.report({ ...report, ...two });
    const nodes = (await journal.nodes()).toSorted((a, b) => (a.node < b.node ? -1 : 1));
    assert.deepEqual(
      nodes.map(({ age, ...rest }) => ({ ...rest, isNew: age < 60_000 })),
      [
        { ...report, sequence: 6, role: "writes", isNew: true },
        { ...report, ...two, isNew: true },
      ],
    );
    assert.equal(typeof (await journal.time()), "number");
  });
}
