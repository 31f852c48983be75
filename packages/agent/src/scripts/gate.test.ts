import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { Gate } from "./gate.ts";

function script(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-gate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, " it's a \\n $script.sh ");
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

function open(environment: NodeJS.ProcessEnv): Gate {
  const gate = Gate.open(environment);
  assert(gate);
  return gate;
}

test("a process that is let through becomes the script, with the environment and nothing else", async (t) => {
  const path = script(t, `#!${process.execPath}\nconsole.log(process.pid, JSON.stringify(process.env))\n`);
  const gate = open({ A: "1 $B", LIFECYCLE_EVENT: "not known yet" });

  gate.letThrough(path, "AfterInstall");
  gate.close();

  const environment = JSON.stringify({ A: "1 $B", LIFECYCLE_EVENT: "AfterInstall" });
  assert.equal(await text(gate.child.stdout), `${gate.process.pid} ${environment}\n`);
  assert.deepEqual(await gate.exit, { kind: "exited", code: 0 });
});

test("a process that is not let through ends, and no script runs", async () => {
  const gate = open({});

  gate.close();

  assert.deepEqual(await gate.exit, { kind: "exited", code: 1 });
});

test("one that somebody has ended is told as ended", async () => {
  const gate = open({});

  process.kill(gate.process.pid, "SIGKILL");
  const ended = await gate.exit;
  gate.letThrough("/bin/true", "AfterInstall");

  assert.deepEqual(ended, { kind: "killed", signal: "SIGKILL" });
});

test("there is none where a shell would lose a variable", () => {
  assert.equal(Gate.open({ "app.name": "x" }), undefined);
});

test("there is none to a script that a shell would read otherwise", () => {
  assert(!Gate.canTake("/opt/one\nline/more", "AfterInstall"));
  assert(!Gate.canTake("/bin/true", ""));
  assert(Gate.canTake("/opt/a script\\n.sh ", "AfterInstall"));
});
