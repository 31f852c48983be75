// What a local user may do to the folders that the agent, as root, keeps for itself.
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { userId } from "../src/install/accounts.ts";
import { AgentHost, bundle } from "./agent-host.ts";

const skip = process.getuid?.() !== 0 && "needs root";
const limits = { skip, timeout: 120_000 };

/** A user of the host without any rights. */
const visitor = 54_321;

/** A host whose agent's folders are where `settings` say, and a way to deploy there. */
function fixture(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const host = new AgentHost((clean) => t.after(clean), settings);
  chmodSync(host.folder, 0o755);
  mkdirSync(join(host.folder, "roots"));
  const location = join(host.folder, "app.tgz");
  writeFileSync(location, bundle(host, { AfterInstall: "true" }));
  const deploy = () => host.program("deploy-local", "-c", host.configurationFile, "-l", location, "-ttgz");
  const start = () => host.program("--config_file", host.configurationFile, "start");
  const give = (name: string, user = visitor) => {
    mkdirSync(join(host.folder, name));
    chownSync(join(host.folder, name), user, user);
  };
  const lay = (name: string, target: string) => {
    symlinkSync(join(host.folder, "roots", target), join(host.folder, name));
    lchownSync(join(host.folder, name), visitor, visitor);
  };
  return { host, deploy, start, give, lay };
}

test("codedeploy-local uses no folder that others may change either, or where they may lay links", limits, (t) => {
  const { host, deploy, give, lay } = fixture(t);
  give("log");
  lay("log/codedeploy-local.log", "written");

  assert.match(deploy().stdout, /Cannot use the log_dir ".*\/log": others than root may change /);
  assert.equal(existsSync(join(host.folder, "roots/written")), false);

  chownSync(join(host.folder, "log"), 0, 0);
  rmSync(join(host.folder, "log/codedeploy-local.log"));
  assert.match(deploy().stdout, /Local deployment successful/);

  chmodSync(host.root, 0o1777);
  assert.match(deploy().stdout, /Cannot use the root_dir ".*\/root": others than root may change /);
});

test("what the agent makes for itself is closed to others, whatever umask it was started with", limits, (t) => {
  const { host, deploy } = fixture(t);
  const umask = process.umask(0);
  t.after(() => process.umask(umask));

  assert.equal(deploy().code, 0);

  for (const folder of [host.root, join(host.root, "default-local-deployment-group")])
    assert.equal(statSync(folder).mode & 0o022, 0);
});

test("root opens no output file that the agent's user has made a link or another name of something", limits, (t) => {
  const { host, start, give, lay } = fixture(t, { user: "nobody" });
  give("log", userId("nobody"));
  lay("log/codedeploy-agent.output.log", "written");

  const { code, stderr } = start();

  assert.equal(code, 1);
  assert.match(stderr, /ELOOP|too many symbolic links/);
  assert.equal(existsSync(join(host.folder, "roots/written")), false);
});
