import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { create, LambdaFixture, invoke, node, request } from "./lambda-fixture.ts";

let fixture: LambdaFixture;
const closing: (() => Promise<void>)[] = [];
before(async () => {
  fixture = await LambdaFixture.open({
    after: (close: () => Promise<void>) => closing.push(close),
  } as unknown as TestContext); // all it uses of one
});
after(async () => {
  for (const close of closing) await close();
});

const isIsolated = () => !fixture.notes.some((note) => note.includes("not isolated"));

/** Runs shell commands in a function and gives what each has ended with and said. */
const shell = node(`import { spawnSync } from "node:child_process";
  export const handler = (commands) => commands.map((one) => {
    const { status, stdout, stderr } = spawnSync("sh", ["-c", one], { encoding: "utf8", timeout: 5000 });
    return { command: one, status, output: stdout + stderr };
  });`);

interface Ended {
  readonly command: string;
  readonly status: number | null;
  readonly output: string;
}

async function run(name: string, commands: readonly string[]): Promise<readonly Ended[]> {
  const { value, FunctionError } = await invoke(fixture, name, commands);
  assert.equal(FunctionError, undefined, JSON.stringify(value));
  return value as readonly Ended[]; // what the code above returns
}

test("a function has no capabilities, and changes nothing of what it is shown", async (t) => {
  await create(fixture, "shut", shell, { Timeout: 30 });

  const [status, ...attempts] = await run("shut", [
    "grep -E 'Cap(Prm|Eff|Bnd|Amb|Inh)|NoNewPrivs' /proc/self/status",
    "mount -o remount,bind,rw /var/task && touch /var/task/x",
    "mount -o remount,bind,rw /var/runtime/node_modules",
    "mount -t tmpfs none /tmp",
    "unshare -U true",
    "unshare -Ur true",
    '[ -n "$OLDPWD" ]',
    "unshare -Urm sh -c 'mount -o remount,bind,rw /var/task && touch /var/task/x'",
    "unshare -Urm sh -c 'umount /var/task && ls /var/task'",
    "touch /var/task/x",
    "echo >> /var/task/index.mjs",
    "chmod 777 /var/task/index.mjs",
    "touch /usr/x",
    "touch /etc/x",
    "echo >> /var/runtime/bootstrap/node.cjs",
    "touch /var/runtime/node_modules/x",
    "chmod 777 /var/lang/bin/node",
    "touch /x",
  ]);

  if (!isIsolated()) return t.skip("this machine allows no namespaces");
  assert.match(status?.output ?? "", /^(Cap\w+:\t0{16}\n){5}NoNewPrivs:\t1\n$/);
  for (const { command, status: ended, output } of attempts) assert.notEqual(ended, 0, `${command}: ${output}`);
});

test("a function's variables are its own, and nothing to the programs that make its namespaces", async (t) => {
  const [tools, seen] = [join(fixture.folder, "tools"), join(fixture.folder, "seen")];
  mkdirSync(tools);
  for (const name of ["setpriv", "unshare", "sh", "mount", "umount", "pivot_root", "prlimit", "env"])
    writeFileSync(join(tools, name), `#!/bin/sh\necho ${name} >> ${seen}\nexec /usr/bin/${name} "$@"\n`, {
      mode: 0o755,
    });
  const odd = { name: "a 'b' \"c\" $d `e`\n\\f", IFS: "/", OPTIND: "x", UID: "0" };
  const Variables = {
    PATH: `${tools}:/usr/bin:/bin`,
    LD_PRELOAD: join(tools, "none.so"),
    ...odd,
    SLUICE_INSTANCE: "x",
  };
  await create(fixture, "named", node("export const handler = () => process.env"), { Environment: { Variables } });

  const { value } = await invoke(fixture, "named");

  const told = value as Readonly<Record<string, string>>;
  if (!isIsolated()) return t.skip("this machine allows no namespaces");
  assert.equal(existsSync(seen), false, existsSync(seen) ? readFileSync(seen, "utf8") : "");
  for (const name of ["PATH", "LD_PRELOAD", "name", "IFS"] as const) assert.equal(told[name], Variables[name]);
  assert.deepEqual(
    Object.keys(told).filter((name) => /^(_(?!HANDLER)|SANDBOX)/.test(name)),
    [],
  );
});

test("a function sees nothing of the folders that this program is loaded from", async (t) => {
  const code = `import { createRequire } from "node:module";
    import { readFileSync, existsSync } from "node:fs";
    const require = createRequire("/var/runtime/");
    export const handler = (folder) => ({
      known: ["@aws-sdk/client-s3", "commander", "pino", "yaml", "@sluice/cloud"].filter((name) => {
        try { return require.resolve(name) } catch { return false }
      }),
      folder: existsSync(folder), node: process.execPath, write: process.env.NODE_PATH,
    });`;
  await create(fixture, "outside", node(code));

  const { value } = await invoke(fixture, "outside", import.meta.dirname);

  if (!isIsolated()) return t.skip("this machine allows no namespaces");
  assert.deepEqual(value, {
    known: ["@aws-sdk/client-s3"],
    folder: false,
    node: "/var/lang/bin/node",
    write: "/var/runtime/node_modules:/var/task",
  });
});

test("every client of AWS's SDK that this machine has is there for functions, as modules of either kind", async () => {
  const code = `import { readdirSync } from "node:fs";
    import { createRequire } from "node:module";
    const modules = process.env.NODE_PATH.split(":")[0];
    const require = createRequire(modules + "/");
    export const handler = async () => {
      const names = readdirSync(modules + "/@aws-sdk").filter((name) => name.startsWith("client-"));
      for (const name of names) { require("@aws-sdk/" + name); await import("@aws-sdk/" + name); }
      return names.length;
    };`;
  await create(fixture, "clients", node(code), { Timeout: 30 });

  const { value } = await invoke(fixture, "clients");

  assert(typeof value === "number" && value >= 5, JSON.stringify(value));
});

/** The variables of the process of a function that runs now. */
function environmentOf(name: string): string {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (text.includes(`AWS_LAMBDA_FUNCTION_NAME=${name}\0`) && text.includes(fixture.folder)) return text;
    } catch {
      // Gone, or another user's.
    }
  }
  throw new Error(`No process of the function "${name}" runs`);
}

test("the Runtime API answers the process that it is for, who knows the secret, and nobody else", async () => {
  const code = `
    const [host, secret] = process.env.AWS_LAMBDA_RUNTIME_API.split("/");
    const next = "/2018-06-01/runtime/invocation/next";
    import { get } from "node:http";
    const ask = (path, headers = {}, ip = "127.0.0.1") => new Promise((give) =>
      get({ host: ip, port: host.split(":")[1], path, headers, agent: false }, ({ statusCode }) => give(statusCode)).on("error", ({ code }) => give(code)));
    export const handler = async () => [host, secret, await ask(next), await ask("/" + "0".repeat(32) + next),
      await ask("/" + secret + next, { host: "evil.example" }), await ask("/" + secret + "/nothing"),
      await ask("/" + secret + "/nothing", { host: "localhost:1" }), await ask("/" + secret + "/nothing", { host }, "::ffff:127.0.0.1")];`;
  await create(fixture, "api", node(code), { Timeout: 10 });

  const { value } = await invoke(fixture, "api");

  const [host, secret, ...answers] = value as readonly string[];
  assert.match(String(secret), /^[0-9a-f]{32}$/);
  assert.deepEqual(answers, [404, 404, 404, 404, 404, 404]);
  assert(environmentOf("api").includes(`AWS_LAMBDA_RUNTIME_API=${host}/${secret}\0`));
  // A process of this machine that has learned the secret takes no event all the same.
  const api = `http://${host}/${secret}/2018-06-01/runtime`;
  const next = request(`${api}/invocation/next`).then(({ status }) => status, String);
  assert.match(String(await next), /ECONNRESET|socket hang up/);
  const error = request(`${api}/init/error`, { method: "POST", body: "{}" }).then(({ status }) => status, String);
  assert.match(String(await error), /ECONNRESET|EPIPE|socket hang up/);
  assert.deepEqual((await invoke(fixture, "api")).value, value);
});

test("a process that a function has started, and that has lost its parent, speaks for it, too", async (t) => {
  if (spawnSync("curl", ["--version"]).status !== 0) return t.skip("curl is not on this machine");
  const ask = `curl -s -m 5 -o /dev/null -w '%{http_code}' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/x" > /tmp/answer`;
  await create(fixture, "child", shell, { Timeout: 30 });

  const [, answer] = await run("child", [
    `(setsid sh -c '${ask.replaceAll("'", `'"'"'`)}' &)`,
    "for i in $(seq 100); do [ -s /tmp/answer ] && break; sleep 0.05; done; cat /tmp/answer",
  ]);

  assert.equal(answer?.output, "404");
});
