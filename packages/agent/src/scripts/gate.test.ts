import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { canBegin, Gate } from "./gate.ts";

function script(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-gate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "it's a $script.sh");
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

function open(path: string, environment: NodeJS.ProcessEnv): Gate {
  const gate = Gate.open(path, environment);
  assert(gate);
  return gate;
}

test("a process that is let through becomes the script, with the environment and nothing else", async (t) => {
  const gate = open(script(t, `#!${process.execPath}\nconsole.log(process.pid, JSON.stringify(process.env))\n`), {
    A: "1 $B",
  });

  gate.letThrough();
  gate.close();

  assert.equal(await text(gate.child.stdout), `${gate.process.pid} {"A":"1 $B"}\n`);
  assert.deepEqual(await gate.exit, { kind: "exited", code: 0 });
});

test("a process that is not let through ends, and the script never runs", async (t) => {
  const path = script(t, '#!/bin/sh\ntouch "$0.ran"\n');
  const gate = open(path, {});

  gate.close();

  assert.deepEqual(await gate.exit, { kind: "exited", code: 1 });
  assert(!existsSync(`${path}.ran`));
});

test("one that somebody has ended is told as ended", async (t) => {
  const gate = open(script(t, "#!/bin/sh\n"), {});

  process.kill(gate.process.pid, "SIGKILL");
  const ended = await gate.exit;
  gate.letThrough();

  assert.deepEqual(ended, { kind: "killed", signal: "SIGKILL" });
});

test("there is none where a shell would lose a variable", () => {
  assert.equal(Gate.open("/bin/true", { "app.name": "x" }), undefined);
});

test("what the kernel cannot begin is known before", (t) => {
  assert(canBegin(script(t, "#! /bin/sh -e\n")));
  assert(!canBegin(script(t, "#!/no/such/interpreter\n")));
  assert(!canBegin(script(t, "echo no interpreter\n")));
  assert(!canBegin("/no/such/script"));
});
