import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Hook } from "@sluice/engine/appspec";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import type { ScriptProcess } from "../commands/journal.ts";
import { type ErrorCode, ScriptError } from "../commands/report.ts";
import { endLeftScript } from "./end-script.ts";
import { startTicks } from "./process-tree.ts";
import { runScript } from "./script.ts";
import { ScriptOutput } from "./script-output.ts";

/** An unpacked revision, and the logs of its deployment. */
class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-script-"));
  readonly archive = join(this.folder, "archive");
  readonly output: ScriptOutput;
  readonly started: ScriptProcess[] = [];

  constructor(t: TestContext, { keepsControlCharacters = false }: { keepsControlCharacters?: boolean } = {}) {
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    chmodSync(this.folder, 0o755); // scripts of other users are in it
    mkdirSync(this.archive);
    const target = {
      deploymentId: "d-TEST12345",
      logs: join(this.folder, "logs"),
      merged: join(this.folder, "merged.log"),
    };
    this.output = new ScriptOutput({ ...target, keepsControlCharacters }, "BeforeInstall");
  }

  script(name: string, text: string, mode = 0o755): void {
    const path = join(this.archive, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
  }

  run(
    hook: Partial<Hook> & { readonly location: string },
    environment: NodeJS.ProcessEnv = process.env,
  ): Promise<void> {
    return runScript(
      { timeoutSeconds: 30, sudo: false, ...hook },
      { archive: this.archive, environment, output: this.output, onStarted: (one) => this.started.push(one) },
    );
  }

  /** Runs a script that has to fail. */
  async failure(hook: Partial<Hook> & { readonly location: string }): Promise<ScriptError> {
    const error: unknown = await this.run(hook).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert(error instanceof ScriptError, String(error));
    assert.equal(error.scriptName, hook.location);
    return error;
  }

  /** The records of scripts.log, without their times. */
  records(): readonly string[] {
    return readFileSync(join(this.folder, "logs/scripts.log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ""));
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8").trim();
  }
}

const failed = ({ errorCode, message }: ScriptError): readonly [ErrorCode, string] => [errorCode, message];

const isAlive = (pid: number): boolean =>
  startTicks(pid) !== undefined && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");

test("a script's output is written line by line as the official agent writes it", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("scripts/a.sh", "#!/bin/sh\necho one\nprintf 'two\\r\\nthree'\n");

  await fixture.run({ location: "scripts/a.sh" });

  assert.deepEqual(fixture.records(), [
    "LifecycleEvent - BeforeInstall",
    "Script - scripts/a.sh",
    "[stdout]one",
    "[stdout]two",
    "[stdout]three",
  ]);
  assert.match(
    fixture.read("logs/scripts.log").split("\n")[0] ?? "",
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d LifecycleEvent - BeforeInstall$/,
  );
  assert.match(
    fixture.read("merged.log").split("\n")[2] ?? "",
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] \[d-TEST12345\]\[stdout\]one$/,
  );
});

test("escape codes and bells of a script do not reach the logs, unless an operator wants them", async (t) => {
  const text = "#!/bin/sh\nprintf '\\033[31mred\\033[0m\\a\\tend\\033]0;title\\a\\n'\n";
  const plain = new Fixture(t);
  plain.script("a.sh", text);
  const raw = new Fixture(t, { keepsControlCharacters: true });
  raw.script("a.sh", text);

  await plain.run({ location: "a.sh" });
  await raw.run({ location: "a.sh" });

  assert.equal(plain.records().at(-1), "[stdout]red\tend");
  assert.match(raw.records().at(-1) ?? "", /\u001b\[31mred/);
});

test("output that is no UTF-8 is logged with replacements", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\nprintf 'caf\\351\\n'\n");

  await fixture.run({ location: "a.sh" });

  assert.equal(fixture.records().at(-1), "[stdout]caf\ufffd");
});

test("a failing script is named with its exit code, and its output's end comes along", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\necho out\necho err >&2\nexit 3\n");

  const error = await fixture.failure({ location: "a.sh" });

  assert.deepEqual(failed(error), [4, "Script at specified location: a.sh failed with exit code 3"]);
  assert.match(
    error.log,
    /^LifecycleEvent - BeforeInstall\nScript - a\.sh\n(\[stdout\]out\n\[stderr\]err\n|\[stderr\]err\n\[stdout\]out\n)$/,
  );
});

test("the output's end is whole lines of less than 2048 characters, or the end of one longer line", async (t) => {
  const lines = new Fixture(t);
  lines.script("a.sh", '#!/bin/sh\nfor i in $(seq 1 500); do echo "line $i"; done\nexit 1\n');
  const long = new Fixture(t);
  long.script("a.sh", "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x\necho end\nexit 1\n");

  const { log } = await lines.failure({ location: "a.sh" });
  const { log: end } = await long.failure({ location: "a.sh" });

  assert(log.length < 2048 && log.length > 2000, String(log.length));
  assert.match(log, /^\[stdout\]line \d+\n/);
  assert.match(log, /\[stdout\]line 500\n$/);
  assert.match(end, /^x{2000,2047}end\n$/);
});

test("a script ended by a signal has failed, and the signal is named", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\nkill -9 $$\n");

  assert.deepEqual(failed(await fixture.failure({ location: "a.sh" })), [
    4,
    "Script at specified location: a.sh failed with exit code : it was ended by SIGKILL",
  ]);
});

test("a missing script and a folder in its place are named by their whole path", async (t) => {
  const fixture = new Fixture(t);
  mkdirSync(join(fixture.archive, "folder"));

  for (const location of ["missing.sh", "folder"])
    assert.deepEqual(failed(await fixture.failure({ location })), [
      1,
      `Script does not exist at specified location: ${join(fixture.archive, location)}`,
    ]);
});

test("a script that leads out of the revision by a link is not run", async (t) => {
  const fixture = new Fixture(t);
  writeFileSync(join(fixture.folder, "outside.sh"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("../outside.sh", join(fixture.archive, "a.sh"));

  assert.deepEqual(failed(await fixture.failure({ location: "a.sh" })), [
    1,
    "Script at specified location: a.sh leads out of the revision",
  ]);
});

test("a script without its executable bit gets it", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\necho ran\n", 0o644);

  await fixture.run({ location: "a.sh" });

  assert.equal(fixture.records().at(-1), "[stdout]ran");
});

test("a script without a first line for its interpreter is run by the shell", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "echo by the shell\n");

  await fixture.run({ location: "a.sh" });

  assert(fixture.records().includes("[stdout]by the shell"));
});

test("an interpreter that is not there, or has a carriage return in its name, is named", async (t) => {
  const crlf = (interpreter: string) =>
    `its first line names the interpreter "${interpreter}" and ends in a carriage return, which the system takes for a part of that name. Save the script with line ends of Unix (LF, not CR LF)`;
  for (const [head, why] of [
    ["#!/no/such/interpreter -x\n", 'its first line names the interpreter "/no/such/interpreter", which is not there'],
    ["#!/etc/passwd\n", 'its first line names the interpreter "/etc/passwd", which cannot be executed (EACCES)'],
    ["#!/bin/sh\r\n", crlf("/bin/sh")],
    ["#! /usr/bin/env bash\r\n", crlf("bash")],
  ] as const) {
    const fixture = new Fixture(t);
    fixture.script("b.sh", `${head}echo no\r\n`);

    const error = await fixture.failure({ location: "b.sh" });

    assert.deepEqual(failed(error), [
      4,
      `Script at specified location: b.sh failed with error ENOENT with message ${why}`,
    ]);
    assert.equal(fixture.records().at(-1), `[stderr]${why}`);
    assert(error.log.includes(why));
  }
});

test("blanks and quotes in a path are part of it", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("my scripts/it's $(touch evil).sh", "#!/bin/sh\necho ran\n");

  await fixture.run({ location: "my scripts/it's $(touch evil).sh" });

  assert.equal(fixture.records().at(-1), "[stdout]ran");
});

test("a script has no input, and a group of its own", async (t) => {
  const fixture = new Fixture(t);
  fixture.script(
    "a.sh",
    "#!/bin/sh\nread line || echo closed\nread -r pid name state parent group rest < /proc/$$/stat; echo $group\n",
  );

  await fixture.run({ location: "a.sh" });

  assert.deepEqual(fixture.records().slice(-2), ["[stdout]closed", `[stdout]${fixture.started[0]?.pid}`]);
});

test("a script that takes too long is ended with everything it has started", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", `#!/bin/sh\nsleep 60 &\necho $! > ${fixture.folder}/child\nwait\n`);

  const error = await fixture.failure({ location: "a.sh", timeoutSeconds: 1 });

  assert.deepEqual(failed(error), [3, "Script at specified location: a.sh failed to complete in 1 seconds"]);
  assert(!isAlive(Number(fixture.read("child"))));
});

test("a script may take longer than any timer can wait", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\nsleep 0.1\n");

  for (const timeoutSeconds of [2_147_484, 3_600_000]) await fixture.run({ location: "a.sh", timeoutSeconds });
});

test("what ignores SIGTERM is ended by SIGKILL five seconds later", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", `#!/bin/sh\ntrap 'echo asked > ${fixture.folder}/asked' TERM\nwhile :; do sleep 0.1; done\n`);
  const began = performance.now();

  const error = await fixture.failure({ location: "a.sh", timeoutSeconds: 1 });

  assert.equal(error.errorCode, 3);
  assert.equal(fixture.read("asked"), "asked");
  const seconds = (performance.now() - began) / 1000;
  assert(seconds > 5.9 && seconds < 9, `${seconds} s`);
  assert(!isAlive(fixture.started[0]?.pid ?? 0));
});

test("a child that keeps the output open beyond the deadline fails the script", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", `#!/bin/sh\nsleep 60 2> /dev/null &\necho $! > ${fixture.folder}/child\nexec 2> /dev/null\n`);
  fixture.script("b.sh", "#!/bin/sh\nsleep 60 > /dev/null &\n");

  const error = await fixture.failure({ location: "a.sh", timeoutSeconds: 1 });

  assert.deepEqual(failed(error), [6, "Script at specified location: a.sh failed to close STDOUT"]);
  assert(!isAlive(Number(fixture.read("child"))));
  const second = await fixture.failure({ location: "b.sh", timeoutSeconds: 1 });
  assert.equal(second.message, "Script at specified location: b.sh failed to close STDERR");
});

test("a child in the background that closes its output outlives its script", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", `#!/bin/sh\nsleep 60 > /dev/null 2>&1 &\necho $! > ${fixture.folder}/child\n`);

  await fixture.run({ location: "a.sh" });

  const child = Number(fixture.read("child"));
  assert(isAlive(child));
  process.kill(child, "SIGKILL");
});

const isRoot = process.getuid?.() === 0;

test("runas changes the user and keeps the deployment's variables", { skip: !isRoot && "needs root" }, async (t) => {
  const fixture = new Fixture(t);
  fixture.script("it's me.sh", "#!/bin/sh\nid -un\necho $DEPLOYMENT_ID\nexit 7\n");

  const error: unknown = await fixture
    .run({ location: "it's me.sh", runas: "nobody" }, { PATH: process.env.PATH, DEPLOYMENT_ID: "d-X" })
    .catch((thrown: unknown) => thrown);

  // The account of nobody has no shell on most hosts: su says so, and fails.
  assert(error instanceof ScriptError);
  assert.match(
    error.message,
    /^Script at specified location: it's me\.sh run as user nobody failed with exit code (1|7)$/,
  );

  fixture.script("b.sh", "#!/bin/sh\nid -un\necho $DEPLOYMENT_ID\n");
  await fixture.run({ location: "b.sh", runas: "root" }, { PATH: process.env.PATH, DEPLOYMENT_ID: "d-X" });
  assert.deepEqual(fixture.records().slice(-2), ["[stdout]root", "[stdout]d-X"]);
});

test("nothing that runas says is taken for an option", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\necho ran\n");

  for (const runas of ["-", "--help", "-l"]) {
    const error = await fixture.failure({ location: "a.sh", runas });

    assert.deepEqual(failed(error), [
      4,
      `Script at specified location: a.sh cannot run as user "${runas}": no user's name begins with "-"`,
    ]);
  }
});

const noSessions = await whyMissing("setsid");

test("a script that takes too long is ended with the sessions that it has made", { skip: noSessions }, async (t) => {
  for (const runas of isRoot ? [undefined, "root"] : [undefined]) {
    const fixture = new Fixture(t);
    const own = `${fixture.folder}/own`;
    fixture.script(
      "a.sh",
      `#!/bin/sh\nsleep 60 &\necho $! > ${own}\nsetsid sh -c 'echo $$ > ${fixture.folder}/other; sleep 60 & sleep 60' &\nsleep 60\n`,
    );

    const error = await fixture.failure({ location: "a.sh", timeoutSeconds: 1, ...(runas && { runas }) });

    assert.equal(error.errorCode, 3);
    assert(!isAlive(Number(fixture.read("own"))));
    const other = Number(fixture.read("other"));
    assert(!isAlive(other));
    assert.deepEqual(inSession(other), []);
  }
});

/** The processes of a session. */
const inSession = (session: number): readonly string[] =>
  readdirSync("/proc").filter(
    (name) =>
      /^\d+$/.test(name) &&
      isAlive(Number(name)) &&
      statOf(name)?.split(") ").at(-1)?.split(" ")[3] === String(session),
  );

const statOf = (pid: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // gone meanwhile
  }
};

test("the group that a lost agent left is ended, a stranger with its number is not", async (t) => {
  const fixture = new Fixture(t);
  fixture.script("a.sh", "#!/bin/sh\nexec sleep 60\n");
  const running = fixture.failure({ location: "a.sh" });
  while (fixture.started.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [script] = fixture.started;
  assert(script);

  await endLeftScript({ ...script, startTicks: "1" });
  assert(isAlive(script.pid));
  await endLeftScript(script);

  assert.match((await running).message, /ended by SIGTERM/);
  assert(!existsSync(`/proc/${script.pid}`) || !isAlive(script.pid));
});
