import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AgentHost, bundle, specification } from "./agent-host.ts";
import { ControlPlane } from "./control-plane.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

// Settings of the configuration file that are seen from outside only.

const limits = { skip: !hasOpenssl && "needs openssl", timeout: 30_000 };

async function fixture(t: TestContext, settings: Readonly<Record<string, string | number | boolean>>) {
  const plane = await ControlPlane.open(new Openssl((clean) => t.after(clean)), (close) => t.after(close));
  const host = new AgentHost((clean) => t.after(clean), {
    deploy_control_endpoint: plane.url,
    s3_endpoint_override: plane.url,
    ...settings,
  });
  return { plane, host };
}

test("log_aws_wire notes what goes over the wire, without signatures, tokens and content", limits, async (t) => {
  const { plane, host } = await fixture(t, { log_aws_wire: true });
  plane.put("bundles", "app.tgz", bundle(host, {}));
  await host.start(plane);
  const deployment = plane.specify({ ...specification("d-AAAAAAAA1"), GitHubAccessToken: "ghp_secret" });

  await plane.run("DownloadBundle", deployment);

  const file = join(host.folder, "log/codedeploy-agent.aws_wire.log");
  const text = readFileSync(file, "utf8");
  assert.match(text, / > POST http:/);
  assert.match(text, /x-amz-target: CodeDeployCommandService_v20141006.PutHostCommandComplete/);
  assert.match(text, /"CommandStatus":"Succeeded"/);
  assert.match(text, / > GET http:.*\/bundles\/app\.tgz\n/);
  assert.match(text, / < 200\n/);
  assert.match(text, /authorization: AWS4-HMAC-SHA256 Credential=AKIATEST\/.*, SignedHeaders=.*, Signature=REDACTED\n/);
  assert.equal(/Signature=[0-9a-f]|ghp_secret|BEGIN PKCS7/.test(text), false);
  assert.equal(statSync(file).mode & 0o777, 0o640 & ~process.umask());
});

test(
  "the agent's memory, with its keys, is in no core dump, unless the configuration wants that",
  limits,
  async (t) => {
    const wide = spawnSync("prlimit", ["--pid", String(process.pid), "--core=4096:"]);
    if (wide.status !== 0) return t.skip("this process may not have core dumps itself");
    t.after(() => spawnSync("prlimit", ["--pid", String(process.pid), "--core=0:"]));
    const coreLimit = ({ pid }: AgentHost) =>
      /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1];

    const usual = await fixture(t, {});
    await usual.host.start(usual.plane);
    const open = await fixture(t, { disable_core_dumps: false });
    await open.host.start(open.plane);

    assert.deepEqual([coreLimit(usual.host), coreLimit(open.host)], ["0", "4096"]);
  },
);

test("root does not start an agent whose folders others may change, unless it is told that they may", (t) => {
  if (process.getuid?.() !== 0) return t.skip("needs root");
  const shared = mkdtempSync(join(tmpdir(), "sluice-shared-"));
  t.after(() => rmSync(shared, { recursive: true, force: true }));
  chmodSync(shared, 0o777);
  const folder = join(shared, "agent");
  const agentWith = (settings: Readonly<Record<string, string | boolean>>) =>
    new AgentHost((clean) => t.after(clean), { deploy_control_endpoint: "http://127.0.0.1:1", ...settings });

  for (const [key, command] of [
    ["root_dir", "run"],
    ["log_dir", "start"],
    ["pid_dir", "run"],
  ] as const) {
    const { code, stderr } = agentWith({ [key]: folder }).command(command);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(
        `^error: Cannot use the ${key} "${folder}": others than root may change "${shared}", which belongs to`,
      ),
    );
  }
  assert.equal(existsSync(folder), false);
  const told = agentWith({ root_dir: folder, reject_unsafe_agent_dirs: false });
  t.after(() => told.command("stop"));
  assert.equal(told.command("start").code, 0);
});
