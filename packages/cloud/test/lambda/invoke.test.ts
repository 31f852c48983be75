import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { create, LambdaFixture, invoke, node, noPython, python, pythonRuntime, role, zip } from "./lambda-fixture.ts";

test("a Python function is called with its event, and its answer comes back", { skip: noPython }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(
    fixture,
    "echo",
    python("def handler(event, context):\n    return [event, context.function_version]"),
    pythonRuntime,
  );

  const { value, ExecutedVersion, FunctionError } = await invoke(fixture, "echo", { a: [1, "ü"] });

  assert.deepEqual(value, [{ a: [1, "ü"] }, "$LATEST"]);
  assert.equal(ExecutedVersion, "$LATEST");
  assert.equal(FunctionError, undefined);
});

test("a process is kept for the next event, and new code gets a new one", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const count = "let calls = 0; export const handler = () => ++calls;";
  await create(fixture, "count", node(count));

  const first = await invoke(fixture, "count");
  const second = await invoke(fixture, "count");
  await fixture.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "count", ZipFile: node(`${count} // new`) }));
  const third = await invoke(fixture, "count");

  assert.deepEqual([first.value, second.value, third.value], [1, 2, 1]);
});

test("events that come at once are handled at once, each in a process of its own", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `
    import { existsSync, writeFileSync } from "node:fs";
    let busy = 0;
    export const handler = async () => {
      busy += 1;
      const most = busy;
      await new Promise((resolve) => setTimeout(resolve, 200));
      busy -= 1;
      return most;
    };`;
  await create(fixture, "slow", node(code), { Timeout: 10 });

  const answers = await Promise.all([1, 2, 3].map(() => invoke(fixture, "slow")));

  assert.deepEqual(
    answers.map(({ value }) => value),
    [1, 1, 1],
  );
});

test("handlers import AWS's SDK without bringing it, as modules of either kind", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const esm = `import { CodeDeployClient, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
    const client = new CodeDeployClient();
    export const handler = async () => { const { accessKeyId } = await client.config.credentials();
      return [accessKeyId, await client.send(new ListApplicationsCommand({})).catch(({ name }) => name)]; };`;
  const cjs = `const { CodeDeployClient } = require("@aws-sdk/client-codedeploy"); exports.handler = async () => typeof CodeDeployClient;`;
  await create(fixture, "esm", node(esm), { Timeout: 10 });
  await create(fixture, "cjs", node(cjs, "index.js"), { Timeout: 10 });

  const [module, script] = await Promise.all([invoke(fixture, "esm"), invoke(fixture, "cjs")]);

  // This cloud's own port answers, where no CodeDeploy is open.
  assert.deepEqual(module.value, [`key-of-${role}`, "UnknownServiceException"]);
  assert.equal(script.value, "function");
});

test(
  "a custom runtime is a program of one's own that speaks the Runtime API",
  { skip: await whyMissing("curl", "grep") },
  async (t) => {
    const fixture = await LambdaFixture.open(t);
    const bootstrap = `#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
while true; do
  event=$(curl -sS -D /tmp/head "$api/invocation/next")
  id=$(grep -i '^lambda-runtime-aws-request-id' /tmp/head | cut -d ' ' -f 2 | tr -d '\\r')
  curl -sS -o /dev/null -d "{\\"echo\\": $event}" "$api/invocation/$id/response"
done
`;
    const code = zip([{ name: "bootstrap", content: bootstrap, mode: 0o100755 }]);
    await create(fixture, "own", code, { Runtime: "provided.al2023", Handler: "none" });

    const { value } = await invoke(fixture, "own", { a: 1 });

    assert.deepEqual(value, { echo: { a: 1 } });
  },
);

test("what goes wrong in a function is told as Lambda tells it, and the next call works", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `export const handler = async ({ how }) => {
    if (how === "throw") throw new TypeError("no");
    if (how === "exit") process.exit(3);
    if (how === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
    return "fine";
  };`;
  await create(fixture, "bad", node(code), { Timeout: 1 });

  const answers = [];
  for (const how of ["throw", "exit", "hang", ""]) answers.push(await invoke(fixture, "bad", { how }));

  assert.deepEqual(
    answers.map(({ FunctionError, value }) => [
      FunctionError,
      typeof value === "string" ? value : (value as { errorType: string }).errorType,
    ]),
    [
      ["Unhandled", "TypeError"],
      ["Unhandled", "Runtime.ExitError"],
      ["Unhandled", "Sandbox.Timedout"],
      [undefined, "fine"],
    ],
  );
});

test("a module that cannot be loaded is told in the call's answer", { skip: noPython }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, "import", python("import nosuchthing"), pythonRuntime);

  const { FunctionError, value } = await invoke(fixture, "import");

  assert.equal(FunctionError, "Unhandled");
  assert.match(JSON.stringify(value), /Runtime\.ImportModuleError.*nosuchthing/);
});

test("the end of a call's log comes back when it is asked for", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, "talk", node(`export const handler = () => { console.log("one\\ntwo"); };`));

  const { LogResult } = await invoke(fixture, "talk", {}, { LogType: "Tail" });

  const log = Buffer.from(LogResult ?? "", "base64").toString("utf8");
  assert.match(
    log,
    /START RequestId: \S+ Version: \$LATEST\n.*\tINFO\tone\ntwo\nEND RequestId.*\nREPORT .*Max Memory Used/s,
  );
});

test("a function sees its code and the system's programs, not the machine's files and processes", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `import { readdirSync, readFileSync, existsSync } from "node:fs";
    export const handler = ({ file }) => ({ task: readdirSync(process.cwd()), file: existsSync(file),
      processes: readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).length });`;
  await create(fixture, "see", node(code));

  const { value } = await invoke(fixture, "see", { file: fixture.folder });

  if (fixture.notes.some((note) => note.includes("not isolated"))) return t.skip("this machine allows no namespaces");
  assert.deepEqual(value, { task: ["index.mjs"], file: false, processes: 1 });
});

test(
  "too much memory ends a Python function with an error, and this program lives on",
  { skip: noPython },
  async (t) => {
    const fixture = await LambdaFixture.open(t);
    await create(fixture, "fat", python("def handler(e, c):\n    return len(bytearray(e))"), {
      ...pythonRuntime,
      MemorySize: 128,
    });

    const small = await invoke(fixture, "fat", 10_000_000);
    const large = await invoke(fixture, "fat", 500_000_000);

    assert.equal(small.value, 10_000_000);
    assert.equal(large.FunctionError, "Unhandled");
    assert.match(JSON.stringify(large.value), /MemoryError/);
  },
);

test("a call that comes before the cloud's start is not ended by it", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `export const handler = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds, 1));`;
  await create(fixture, "early", node(code), { Timeout: 10 });
  await invoke(fixture, "early", 0);
  const call = invoke(fixture, "early", 4_000); // longer than processes are asked to end, before they are ended

  await fixture.start();

  assert.equal((await call).FunctionError, undefined);
});

test("nothing of a function is left when the cloud has closed", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `import { spawn } from "node:child_process";
    export const handler = () => { spawn("sh", ["-c", "sleep 1000 &"], { detached: true, stdio: "ignore" }).unref(); return 1; };`;
  await create(fixture, "parent", node(code));
  await invoke(fixture, "parent");
  assert(processesOf(fixture.folder) >= 2);

  await fixture.close();

  assert.equal(processesOf(fixture.folder), 0);
});

function processesOf(folder: string): number {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
      } catch {
        return false; // it has just ended
      }
    }).length;
}
