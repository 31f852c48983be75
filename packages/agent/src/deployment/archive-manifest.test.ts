import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { checkManifest, writeManifest } from "./archive-manifest.ts";

const strange = Buffer.from([0x61, 0xff, 0x0a, 0x22]); // neither UTF-8 nor pleasant

async function fixture(t: TestContext) {
  const deployment = mkdtempSync(join(tmpdir(), "sluice-manifest-"));
  t.after(() => rmSync(deployment, { recursive: true, force: true }));
  const archive = join(deployment, "deployment-archive");
  mkdirSync(join(archive, "folder/empty"), { recursive: true });
  writeFileSync(join(archive, "file"), "content");
  writeFileSync(Buffer.concat([Buffer.from(`${archive}/folder/`), strange]), "");
  symlinkSync("file", join(archive, "link"));
  await writeManifest(deployment, archive);
  const fault = async () => {
    const found = await checkManifest(deployment, archive);
    return "fault" in found ? found.fault : undefined;
  };
  return { deployment, archive, fault };
}

test("an archive is whole as long as everything that was unpacked is as it was, whatever lies beside it", async (t) => {
  const { archive, fault } = await fixture(t);

  assert.equal(await fault(), undefined);
  writeFileSync(join(archive, "folder/beside"), "a script's");
  assert.equal(await fault(), undefined);
});

test("whatever is missing or different is named", async (t) => {
  const changes: readonly [string | undefined, (archive: string) => void][] = [
    ['"file" is missing', (archive) => rmSync(join(archive, "file"))],
    ['"file" has changed', (archive) => appendFileSync(join(archive, "file"), "x")],
    ['"file" has changed', (archive) => writeFileSync(join(archive, "file"), "CONTENT")],
    ['"folder/empty" is missing', (archive) => rmSync(join(archive, "folder/empty"), { recursive: true })],
    [
      '"link" has changed',
      (archive) => {
        rmSync(join(archive, "link"));
        symlinkSync("elsewhere", join(archive, "link"));
      },
    ],
    [
      '"file" is a folder, and was a file',
      (archive) => {
        rmSync(join(archive, "file"));
        mkdirSync(join(archive, "file"));
      },
    ],
    [
      '"folder/a\uFFFD\\n\\"" is missing',
      (archive) => rmSync(Buffer.concat([Buffer.from(`${archive}/folder/`), strange])),
    ],
  ];
  for (const [wanted, change] of changes) {
    const { archive, fault } = await fixture(t);
    change(archive);
    assert.equal(await fault(), wanted);
  }
});

test("what a script has given away is no longer what was unpacked, whatever its size and times say", async (t) => {
  const gifts: readonly [string, (archive: string) => void][] = [
    ['"file" may be changed by others', (archive) => chmodSync(join(archive, "file"), 0o666)],
    ['"folder" may be changed by others', (archive) => chmodSync(join(archive, "folder"), 0o775)],
    ["others may change it", (archive) => chmodSync(archive, 0o777)],
  ];
  for (const [wanted, give] of gifts) {
    const { archive, fault } = await fixture(t);
    give(archive);
    assert.equal(await fault(), wanted);
  }
});

test(
  "a local user who was given an unpacked script cannot have root run another one in its place",
  { skip: process.getuid?.() !== 0 && "needs root" },
  async (t) => {
    const { deployment, archive, fault } = await fixture(t);
    const script = join(archive, "file");
    utimesSync(script, 1_800_000_000, 1_800_000_000);
    await writeManifest(deployment, archive);
    chownSync(script, 12_345, 12_345);
    writeFileSync(script, "CONTENT");
    utimesSync(script, 1_800_000_000, 1_800_000_000);
    assert.equal(await fault(), '"file" may be changed by others');

    const other = await fixture(t);
    lchownSync(join(other.archive, "link"), 12_345, 12_345);
    assert.equal(await other.fault(), '"link" may be changed by others');
    const third = await fixture(t);
    chownSync(third.archive, 12_345, 12_345);
    assert.equal(await third.fault(), "others may change it");
  },
);

test("a manifest that is missing, torn or damaged vouches for nothing", async (t) => {
  const { deployment, fault } = await fixture(t);
  const manifest = join(deployment, "archive-manifest");

  for (const text of ["", '["file","file","7 1"]\n', 'nonsense\n"end"\n']) {
    writeFileSync(manifest, text);
    assert.equal(await fault(), "nothing tells what was unpacked");
  }
  rmSync(manifest);
  assert.equal(await fault(), "nothing tells what was unpacked");
});

test("a copy's manifest has only what belongs to the revision", async (t) => {
  const { deployment, archive } = await fixture(t);
  writeFileSync(join(archive, "beside"), "");

  await writeManifest(deployment, archive, new Set(["file", "link"]));
  rmSync(join(archive, "beside"));

  const found = await checkManifest(deployment, archive);
  assert.deepEqual("names" in found && [...found.names].toSorted(), ["file", "link"]);
});
