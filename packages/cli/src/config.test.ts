import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { checkConfig } from "./settings/config-check.ts";
import { nameInFile } from "./settings/config-file.ts";
import { configuration, settings } from "./config.ts";

/** A folder with a configuration file. */
function folderWith(t: TestContext, text: string): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-config-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, text);
  return { folder, file };
}

/** What `sluice config check` prints of a file with this text, without the file's own name. */
function findingsIn(t: TestContext, text: string): readonly string[] {
  const { file } = folderWith(t, text);
  const lines: string[] = [];
  const code = checkConfig({ file }, (line) => lines.push(line.replace(file, "FILE")));
  assert.equal(code, lines.some((line) => /^FILE:\d+: /.test(line)) ? 1 : 0);
  return lines;
}

test("a flag wins over the environment, that over the file, and the file over the default", (t) => {
  const { file } = folderWith(t, "port: 1001\nregion: eu-west-1\nlisten: 0.0.0.0\n");
  const before = { ...process.env };
  t.after(() => (process.env = before));
  process.env["SLUICE_PORT"] = "1002";
  process.env["SLUICE_REGION"] = "eu-west-2";

  const { port, region, hostname, logLevel } = configuration({ config: file, port: "1003" });

  assert.deepEqual([port, region, hostname, logLevel], [1003, "eu-west-2", "0.0.0.0", "warn"]);
});

test("every setting has a name for files, and values of all kinds are read as the command line has them", (t) => {
  const names = Object.values(settings).map(({ flag }) => nameInFile(flag));
  assert.equal(new Set(names).size, names.length);
  assert(!names.includes(""));
  const { folder, file } = folderWith(
    t,
    "tls: true\ntls-only: off\ntls-names: [a.example.com, 10.0.0.1]\nport: 4_567\ndata: store\n".replace("_", ""),
  );

  const found = configuration({ config: file });

  assert.deepEqual(
    [found.tls, found.tlsOnly, found.tlsNames, found.port, found.dataFolder],
    [true, false, ["a.example.com", "10.0.0.1"], 4567, join(folder, "store")],
  );
});

test("a file in the data folder is found by itself, and cannot name another data folder", (t) => {
  const { folder } = folderWith(t, "region: eu-west-3\n");
  assert.equal(configuration({ data: folder }).region, "eu-west-3");
  writeFileSync(join(folder, "sluice.yaml"), "\ndata: elsewhere\n");

  assert.throws(
    () => configuration({ data: folder }),
    /Cannot use .*sluice\.yaml, line 2: this file was found in the data folder, which it cannot name/,
  );
});

test("config check names file, line, what was found and what was expected", (t) => {
  assert.deepEqual(
    findingsIn(
      t,
      "prot: 1\nport: many\nlog:\nregion: {a: b}\ntls-name: a\ncolour: red\nconfig: x.yaml\nlisten: 127.0.0.1\n",
    ),
    [
      'FILE:1: there is no setting "prot"; did you mean "port"?',
      'FILE:2: Cannot use port "many": a number from 0 to 65535 is wanted (0 takes any free port)',
      'FILE:3: expected a text, a number, on or off for "log", and found nothing',
      'FILE:4: expected a text, a number, on or off for "region", and found a mapping',
      'FILE:5: there is no setting "tls-name"; did you mean "tls-names"?',
      'FILE:6: there is no setting "colour": sluice --help lists them',
      "FILE:7: a configuration file names no other: expected the settings themselves",
    ],
  );
  assert.deepEqual(findingsIn(t, "port: 1\nport: 2\n"), ["FILE:2: Map keys must be unique"]);
  assert.deepEqual(findingsIn(t, "- a\n"), ["FILE:1: expected settings, such as `port: 4566`, and found none"]);
  assert.deepEqual(findingsIn(t, "# nothing yet\n"), ["FILE: 0 settings can be used"]);
  assert.deepEqual(findingsIn(t, "tls-names: [&a [x], *a]\n"), [
    'FILE:1: expected a text, a number, on or off for "tls-names", and found a list with something else than texts',
  ]);
});

test("a file that is named must be there, and one that cannot be read is not taken for absent", (t) => {
  const { folder } = folderWith(t, "");
  assert.throws(
    () => configuration({ config: join(folder, "none.yaml") }),
    /Cannot read the configuration file ".*none\.yaml"/,
  );
  mkdirSync(join(folder, "data", "sluice.yaml"), { recursive: true });
  assert.throws(() => configuration({ data: join(folder, "data") }), /Cannot read the configuration file/);
});
