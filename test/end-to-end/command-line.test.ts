import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const example = resolve(import.meta.dirname, "../../examples/hello");

/** The one line that a refused start prints, without what npm and Node may say around it. */
const complaint = (output: string) => output.split("\n").filter((line) => line.startsWith("sluice: "));

test(
  "a port in use, a data folder in use and one that cannot be made: one clear line each",
  { timeout: 60_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example"]);
    await sluice.open();
    const taken = createServer().listen(0, "127.0.0.1");
    t.after(() => taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number }; // it listens on TCP
    const file = join(sluice.folder, "a-file");
    writeFileSync(file, "");
    const up = (data: string, on: number) =>
      sluice.run("--data", data, "--port", String(on), "up", "--no-example").then(({ code, stderr }) => {
        assert.equal(code, 1);
        return complaint(stderr);
      });

    const portInUse = await up(join(sluice.folder, "other"), port);
    const folderInUse = await up(join(sluice.folder, "data"), 0);
    const noFolder = await up(join(file, "data"), 0);

    assert.equal(portInUse.length, 1);
    assert.match(
      portInUse[0] ?? "",
      /Cannot listen on 127\.0\.0\.1:\d+: another program uses it; choose another with --port/,
    );
    assert.equal(folderInUse.length, 1);
    assert.match(folderInUse[0] ?? "", /another process uses it/);
    assert.equal(noFolder.length, 1);
    assert.match(noFolder[0] ?? "", /Cannot make the data folder ".*a-file\/data"/);
  },
);

test("commands without a control plane, and with wrong words, say what to do", { timeout: 60_000 }, async (t) => {
  const sluice = new SluiceProcess(t, []);

  const env = await sluice.cli("env");
  const watch = await sluice.cli("watch", "d-AAAAAAAAA");
  const down = await sluice.cli("down");
  const port = await sluice.run("--port", "http", "up");
  const instances = await sluice.cli("up", "--instances", "many");

  assert.match(env.stderr, /no "sluice up" runs on .*Start one with: npx sluice up/);
  assert.equal(watch.code, 1);
  assert.match(watch.stderr, /Cannot find a control plane/);
  assert.match(down.stdout, /Nothing runs on/);
  assert.match(port.stderr, /Cannot use port "http": a number from 0 to 65535 is wanted/);
  assert.match(instances.stderr, /Cannot start "many" instances/);
});

test(
  "a folder is deployed and watched: exit 0 only for success, and a failure tells target, event, script and the end of its log",
  { timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--instances", "1"]);
    await sluice.open();
    await sluice.printed(/The example application runs/);
    const mine = join(sluice.folder, "mine");
    cpSync(example, mine, { recursive: true });
    writeFileSync(join(mine, "app/VERSION"), "2");

    const succeeded = await sluice.cli("deploy", mine);
    writeFileSync(join(mine, "scripts/validate.sh"), "#!/bin/sh\necho the database is not there >&2\nexit 3\n");
    const failed = await sluice.cli("deploy", mine);
    const [id = ""] = /d-[A-Z0-9]{9}/.exec(failed.stdout) ?? [];
    const watched = await sluice.cli("watch", id);
    const unknown = await sluice.cli("watch", "d-AAAAAAAAA");
    const empty = join(sluice.folder, "empty");
    mkdirSync(empty);
    const noAppSpec = await sluice.cli("deploy", empty);

    assert.equal(succeeded.code, 0, succeeded.stderr);
    assert.match(succeeded.stdout, /ValidateService Succeeded/);
    assert.equal(failed.code, 1);
    for (const { stdout } of [failed, watched]) {
      assert.match(stdout, /HEALTH_CONSTRAINTS/);
      assert.match(stdout, /i-[0-9a-f]{17}, ValidateService: .*exit code 3/s);
      assert.match(stdout, /script scripts\/validate\.sh \(ScriptFailed\)/);
      assert.match(stdout, /the database is not there/);
    }
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /d-AAAAAAAAA/);
    assert.equal(noAppSpec.code, 1);
    assert.match(noAppSpec.stderr, /appspec\.yml/);
  },
);

test("a control plane alone serves CodeDeploy, and no local cloud beside it", { timeout: 60_000 }, async (t) => {
  const sluice = new SluiceProcess(t, []);
  await sluice.open("server");

  const applications = await sluice.cli("deploy", example);
  const running = await sluice.cli("env");

  assert.equal(applications.code, 1);
  assert.match(applications.stderr, /there is none/);
  assert.match(running.stdout, /AWS_ENDPOINT_URL=/);
});

test("who has a key is told the version of the control plane, and nobody else", { timeout: 60_000 }, async (t) => {
  const sluice = new SluiceProcess(t, []);
  await sluice.open("server");

  const told = await sluice.cli("version");
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Sluice_20261124.GetVersion" };
  const refused = await fetch(sluice.url, { method: "POST", headers, body: "{}" });

  assert.equal(told.stdout, `sluice ${version}\n${sluice.url} ${version}\n`);
  assert.equal(refused.status, 400);
  assert(!`${JSON.stringify([...refused.headers])}${await refused.text()}`.includes(version));
});
