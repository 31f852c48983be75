import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { PreforkedShell } from "./preforked-shell.ts";

function script(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-shell-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, " it's a \\n $script.sh ");
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

function open(environment: NodeJS.ProcessEnv): PreforkedShell {
  const shell = PreforkedShell.open(environment);
  assert(shell);
  return shell;
}

test("a process that is let through becomes the script, with the environment and nothing else", async (t) => {
  const path = script(t, `#!${process.execPath}\nconsole.log(process.pid, JSON.stringify(process.env))\n`);
  const shell = open({ A: "1 $B", LIFECYCLE_EVENT: "not known yet" });

  shell.exec(path, "AfterInstall");
  shell.close();

  const environment = JSON.stringify({ A: "1 $B", LIFECYCLE_EVENT: "AfterInstall" });
  assert.equal(await text(shell.child.stdout), `${shell.process.pid} ${environment}\n`);
  assert.deepEqual(await shell.exit, { kind: "exited", code: 0 });
});

test("a process that is not let through ends, and no script runs", async () => {
  const shell = open({});

  shell.close();

  assert.deepEqual(await shell.exit, { kind: "exited", code: 1 });
});

test("one that somebody has ended is told as ended", async () => {
  const shell = open({});

  process.kill(shell.process.pid, "SIGKILL");
  const ended = await shell.exit;
  shell.exec("/bin/true", "AfterInstall");

  assert.deepEqual(ended, { kind: "killed", signal: "SIGKILL" });
});

test("there is none where a shell would lose a variable", () => {
  assert.equal(PreforkedShell.open({ "app.name": "x" }), undefined);
});

test("there is none to a script that a shell would read otherwise", () => {
  assert(!PreforkedShell.canExec("/opt/one\nline/more", "AfterInstall"));
  assert(!PreforkedShell.canExec("/bin/true", ""));
  assert(PreforkedShell.canExec("/opt/a script\\n.sh ", "AfterInstall"));
});
