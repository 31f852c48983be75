import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { CloudDatabase } from "../../store/database.ts";
import { BlobLinks } from "./blob-links.ts";
import { ContentStore } from "./content-store.ts";
import { digestOf } from "./digest.ts";
import { ecrTables } from "./tables.ts";

function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-content-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, store: new ContentStore(folder) };
}

const chunks = async function* (...parts: readonly Buffer[]) {
  yield* parts;
};

test("what comes faster than the disk takes it waits: memory is bounded", async (t) => {
  const { store } = openStore(t);
  const upload = await store.begin("upload");
  const [chunk, count] = [64 * 1024, 1_000];
  let given = 0;
  let ahead = 0;
  const source = async function* () {
    for (let number = 0; number < count; number++) {
      given += chunk;
      ahead = Math.max(ahead, given - upload.size);
      yield Buffer.alloc(chunk, number % 251);
    }
  };

  await upload.append(source());

  assert.equal(upload.size, chunk * count);
  assert(ahead <= 2 * 1024 * 1024 + chunk, `${ahead} bytes were taken ahead of the disk`);
  upload.discard();
});

test("an upload in parts has the digest of the whole", async (t) => {
  const { folder, store } = openStore(t);
  const whole = Buffer.from(Array.from({ length: 3_000_001 }, (_, at) => at % 253));
  const upload = await store.begin("upload");

  for (const [start, end] of [
    [0, 1],
    [1, 1_500_000],
    [1_500_000, 3_000_001],
  ] as const)
    await upload.append(chunks(Buffer.from(whole.subarray(start, end))));
  const digest = digestOf(whole);
  assert.equal(upload.digest(), digest);
  await store.keep(upload, digest, () => {});

  assert(readFileSync(store.pathOf(digest)).equals(whole));
  assert.deepEqual(readdirSync(join(folder, "uploads")), []);
});

test("a part that fails in the middle leaves what came before, and the next one goes on there", async (t) => {
  const { store } = openStore(t);
  const upload = await store.begin("upload");
  const failing = async function* () {
    yield Buffer.from("first ");
    throw new Error("the client has gone");
  };

  await assert.rejects(upload.append(failing()), /the client has gone/);
  await upload.append(chunks(Buffer.from("second")));

  assert.equal(upload.digest(), digestOf("first second"));
  upload.discard();
});

test("a process that was killed between two steps leaves nothing for long", async (t) => {
  const { folder, store } = openStore(t);
  const db = new CloudDatabase(folder, [ecrTables]);
  t.after(() => db.close());
  const [known, unknown] = [digestOf("known"), digestOf("unknown")];
  new BlobLinks({ db, store, clock: () => 0 }).add("web", known, 5);
  for (const [digest, content] of [
    [known, "known"],
    [unknown, "unknown"],
  ] as const) {
    mkdirSync(dirname(store.pathOf(digest)), { recursive: true });
    writeFileSync(store.pathOf(digest), content);
  }
  writeFileSync(join(folder, "uploads", "left"), "half of it");

  const again = new ContentStore(folder);
  const links = new BlobLinks({ db, store: again, clock: () => 0 });

  assert.deepEqual([links.sizeOf("web", known), links.sizeOf("web", unknown)], [5, undefined]);
  assert.deepEqual([existsSync(store.pathOf(known)), existsSync(store.pathOf(unknown))], [true, false]);
  assert.deepEqual(readdirSync(join(folder, "uploads")), []);
});

test("a blob that somebody is about to refer to, or reads, stays", async (t) => {
  const { store } = openStore(t);
  const digest = digestOf("content");
  const upload = await store.begin("upload");
  await upload.append(chunks(Buffer.from("content")));

  await store.keep(upload, digest, () => {
    store.delete(digest);
    assert(store.has(digest), "a sweep while it is kept leaves it");
  });
  const file = await store.open(digest);
  store.delete(digest);

  assert(!store.has(digest));
  assert.equal((await file.readFile()).toString(), "content");
  await file.close();
});

test("a blob that no manifest names goes an hour after it came, or after somebody was told of it", (t) => {
  let now = 0;
  const hour = 3_600_000;
  const { folder, store } = openStore(t);
  const db = new CloudDatabase(folder, [ecrTables]);
  t.after(() => db.close());
  const links = new BlobLinks({ db, store, clock: () => now });
  const [came, told, shared] = ["came", "told", "shared"].map((content) => {
    const digest = digestOf(content);
    mkdirSync(dirname(store.pathOf(digest)), { recursive: true });
    writeFileSync(store.pathOf(digest), content);
    links.add("web", digest, content.length);
    return digest;
  });
  assert(came !== undefined && told !== undefined && shared !== undefined);
  const there = () => [came, told, shared].map((digest) => store.has(digest));
  const collected = (at: number) => {
    now = at;
    links.collect();
    return there();
  };

  assert.deepEqual(collected(hour - 1), [true, true, true]);
  links.tell("web", told);
  links.add("other", shared, 6);
  assert.deepEqual(collected(hour), [false, true, true]);
  assert.equal(links.sizeOf("web", shared), undefined, "one of the two repositories has it no longer");
  assert.deepEqual(collected(2 * hour), [false, false, false]);
});
