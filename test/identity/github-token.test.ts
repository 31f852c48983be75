import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const run = promisify(execFile);
const skip = await whyMissing("curl", "aws");
const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

/** Serves a commit of a private repository as GitHub does: with the token, and 404 without it. */
async function gitHub(t: TestContext, archive: Buffer) {
  const server = createServer((request, response) => {
    const isOwn = request.headers.authorization === `token ${secret}`;
    const isKnown = request.url?.startsWith("/repos/octocat/private/tarball/") === true;
    response.writeHead(isOwn && isKnown ? 200 : 404).end(isOwn && isKnown ? archive : "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A host outside the cloud, with our agent. */
async function startHost(t: TestContext, sluice: SluiceProcess, gitHubEndpoint: string): Promise<void> {
  const root = join(sluice.folder, "host");
  const command = /^ {2}(curl .*)$/m.exec((await sluice.cli("register", "db-1", "--tag", "Role=db")).stdout)?.[1];
  await run("sh", ["-c", `${command} --root ${root}`]);
  const configuration = join(root, "etc/codedeploy-agent/conf/codedeployagent.yml");
  appendFileSync(configuration, `:github_endpoint: '${gitHubEndpoint}'\n`);
  const program = join(root, "opt/codedeploy-agent/bin/codedeploy-agent.cjs");
  const agent = spawn(process.execPath, [program, "--config_file", configuration, "run"], { stdio: "ignore" });
  t.after(async () => {
    const gone = once(agent, "exit");
    if (agent.exitCode === null && agent.kill("SIGKILL")) await gone;
  });
}

async function archiveOf(sluice: SluiceProcess, installed: string): Promise<Buffer> {
  const commit = join(sluice.folder, "octocat-private-1234567");
  mkdirSync(commit);
  const files = `files:\n  - source: /greeting\n    destination: ${installed}\n`;
  writeFileSync(join(commit, "appspec.yml"), `version: 0.0\nos: linux\n${files}`);
  writeFileSync(join(commit, "greeting"), "hello");
  const file = join(sluice.folder, "commit.tar.gz");
  await run("tar", ["-czf", file, "-C", sluice.folder, "octocat-private-1234567"]);
  return readFileSync(file);
}

/** Runs `sluice github-token` with a secret on its standard input. */
async function keep(sluice: SluiceProcess, name: string, token: string) {
  const child = spawn("sh", ["-c", `exec ${sluice.command} github-token ${name} --application app`]);
  child.stdin.end(`${token}\n`);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, said };
}

test(
  "a token that somebody keeps lets hosts fetch private revisions, and is nowhere to be read",
  { skip, timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain", "--log", "trace"]);
    await sluice.open();
    const installed = join(sluice.folder, "installed");
    await startHost(t, sluice, await gitHub(t, await archiveOf(sluice, installed)));
    const where = ["--application-name", "app", "--deployment-group-name", "all"];
    await sluice.aws("deploy", "create-application", "--application-name", "app");
    await sluice.aws(
      ...["deploy", "create-deployment-group", ...where, "--service-role-arn", "arn:aws:iam::123456789012:role/deploy"],
      ...["--on-premises-instance-tag-filters", "Key=Role,Value=db,Type=KEY_AND_VALUE"],
    );
    const deploy = async () => {
      const location = `repository=octocat/private,commitId=${"1".repeat(40)}`;
      const words = ["deploy", "create-deployment", ...where, "--github-location", location];
      return sluice.cli("watch", await sluice.aws(...words, "--query", "deploymentId", "--output", "text"));
    };

    const before = await deploy();
    const kept = await keep(sluice, "Octocat", secret);
    const after = await deploy();

    assert.equal(before.code, 1, before.stdout);
    assert.match(before.stdout + before.stderr, /404/);
    assert.equal(kept.code, 0, kept.said);
    assert.equal(after.code, 0, after.stdout + after.stderr);
    assert.equal(readFileSync(join(installed, "greeting"), "utf8"), "hello");
    const names = ["deploy", "list-git-hub-account-token-names", "--query", "tokenNameList", "--output", "text"];
    assert.equal(await sluice.aws(...names), "Octocat");
    const audit = await sluice.cli("audit", "--json");
    assert.match(audit.stdout, /"operation":"PutGitHubAccountToken"/);
    const said = [audit.stdout, kept.said, sluice.output, after.stdout].join("\n");
    assert.equal(said.includes(secret), false, "no output has the token in it");
    const files = globSync(["data/**/*", "host/var/**/*"], { cwd: sluice.folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.deepEqual(
      files.filter((file) => readFileSync(file).includes(secret)),
      [],
    );

    await sluice.aws("deploy", "delete-git-hub-account-token", "--token-name", "Octocat");
    assert.equal((await deploy()).code, 1);
  },
);

test("a name or a token that cannot be is refused, and the token is not repeated", { skip }, async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"]);
  await sluice.open();

  await sluice.aws("deploy", "create-application", "--application-name", "app");
  const name = await keep(sluice, "'octocat/*'", secret);
  const token = await keep(sluice, "octocat", `Bearer ${secret}`);
  const nothing = await keep(sluice, "octocat", "");

  assert.deepEqual([name.code, token.code, nothing.code], [1, 1, 1]);
  assert.match(name.said, /"octocat\/\*" is no name of an owner of repositories at GitHub/);
  assert.match(token.said, /A token is 1 to 255 printable characters without spaces/);
  assert.equal(token.said.includes(secret), false);
  assert.match(nothing.said, /standard input was empty/);
});
