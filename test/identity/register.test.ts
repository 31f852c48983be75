import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { CodeDeployClient, ListOnPremisesInstancesCommand } from "@aws-sdk/client-codedeploy";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const run = promisify(execFile);
const skip = await whyMissing("curl", "aws");

/** Runs the printed command with everything below a folder; returns its exit code and what it said. */
async function setUp(command: string, root: string): Promise<{ readonly code: number; readonly said: string }> {
  try {
    const { stdout, stderr } = await run("sh", ["-c", `${command} --root ${root}`]);
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }; // what execFile's promise rejects with
    return { code, said: stdout + stderr };
  }
}

test(
  "the one command of sluice register sets a host up, once, and deployments reach it",
  { skip, timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example"]);
    await sluice.open();
    const root = join(sluice.folder, "host");
    const program = join(root, "opt/codedeploy-agent/bin/codedeploy-agent.cjs");
    const configuration = join(root, "etc/codedeploy-agent/conf/codedeployagent.yml");

    const registered = await sluice.cli("register", "db-1", "--tag", "Role=db");
    const command = /^ {2}(curl .*)$/m.exec(registered.stdout)?.[1];
    assert(command, registered.stdout + registered.stderr);
    const token = /SLUICE_TOKEN=(\S+) sh -s /.exec(command)?.[1];
    assert(token, command);
    // Everybody on the host may read the arguments of programs.
    assert.equal(command.split(" sh -s ")[1]?.includes(token), false);
    const first = await setUp(command, root);
    const second = await setUp(command, `${root}-2`);

    assert.equal(first.code, 0, first.said);
    assert.equal(second.code, 1);
    assert.match(second.said, /Cannot set up this host: the token is not good: it has been used, or it has expired/);
    const key = join(root, "etc/codedeploy-agent/conf/codedeploy.onpremises.yml");
    assert.equal(statSync(key).mode & 0o777, 0o600);
    const signer = createPublicKey(readFileSync(join(sluice.folder, "data/signer.pem")));
    const sha256 = createHash("sha256").update(signer.export({ type: "spki", format: "der" }));
    assert.match(readFileSync(configuration, "utf8"), new RegExp(`^:trusted_signer: '${sha256.digest("hex")}'$`, "m"));
    const secret = /aws_secret_access_key: (\S+)/.exec(readFileSync(key, "utf8"))?.[1];
    assert(secret);
    assert.equal(`${registered.stdout}${first.said}${sluice.output}`.includes(secret), false);

    const agent = spawn(process.execPath, [program, "--config_file", configuration, "run"], { stdio: "ignore" });
    t.after(async () => {
      const gone = once(agent, "exit");
      if (agent.exitCode === null && agent.kill("SIGKILL")) await gone;
    });
    const revision = join(sluice.folder, "revision");
    const installed = join(sluice.folder, "installed");
    mkdirSync(revision);
    writeFileSync(
      join(revision, "appspec.yml"),
      `version: 0.0\nos: linux\nfiles:\n  - source: /greeting\n    destination: ${installed}\n`,
    );
    writeFileSync(join(revision, "greeting"), "hello");
    await run("tar", ["-cf", join(sluice.folder, "r.tar"), "-C", revision, "."]);
    await sluice.aws("s3", "mb", "s3://revisions");
    await sluice.aws("s3", "cp", "--only-show-errors", join(sluice.folder, "r.tar"), "s3://revisions/r.tar");
    await sluice.aws("deploy", "create-application", "--application-name", "db");
    await sluice.aws(
      ...["deploy", "create-deployment-group", "--application-name", "db", "--deployment-group-name", "all"],
      ...["--service-role-arn", "arn:aws:iam::123456789012:role/deploy"],
      ...["--on-premises-instance-tag-filters", "Key=Role,Value=db,Type=KEY_AND_VALUE"],
    );
    const deploymentId = await sluice.aws(
      ...["deploy", "create-deployment", "--application-name", "db", "--deployment-group-name", "all"],
      ...["--s3-location", "bucket=revisions,key=r.tar,bundleType=tar", "--query", "deploymentId", "--output", "text"],
    );
    const watched = await sluice.cli("watch", deploymentId);

    assert.equal(watched.code, 0, watched.stdout + watched.stderr);
    assert.equal(readFileSync(join(installed, "greeting"), "utf8"), "hello");
    const audit = await sluice.cli("audit");
    assert.match(audit.stdout, /user\/AWS\/CodeDeploy\/db-1 {2}sluice:RedeemHostRegistration/);
  },
);

/** Names of registered instances. */
async function listOnPremises(sluice: SluiceProcess): Promise<readonly string[]> {
  const {
    AWS_ACCESS_KEY_ID = "",
    AWS_SECRET_ACCESS_KEY = "",
    AWS_DEFAULT_REGION: region = "",
  } = await sluice.environment();
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const client = new CodeDeployClient({ endpoint: sluice.url, region, credentials });
  const { instanceNames = [] } = await client.send(new ListOnPremisesInstancesCommand({}));
  client.destroy();
  return instanceNames;
}

test("registering again gives the host a new key in the place of the old one, and names what is wrong with a tag", async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example"]);
  await sluice.open();
  const redeem = async (printed: string) => {
    const token = /SLUICE_TOKEN=(\S+)/.exec(printed)?.[1];
    const response = await fetch(`${sluice.url}/hosts/register`, { method: "POST", body: token ?? "" });
    return { status: response.status, id: /aws_access_key_id: (\S+)/.exec(await response.text())?.[1] };
  };

  const first = await redeem((await sluice.cli("register", "db-1")).stdout);
  const stale = (await sluice.cli("register", "db-1")).stdout;
  const second = await redeem((await sluice.cli("register", "db-1")).stdout);

  assert.equal(first.status, 200);
  assert.equal(second.status, 200);
  assert.notEqual(first.id, second.id);
  assert.equal((await redeem(stale)).status, 403);
  assert.equal((await redeem("SLUICE_TOKEN=x")).status, 403);
  for (const url of ["http://192.0.2.1:4566", "http://127.0.0.1.example.com:4566", "http://localhost.example.com"]) {
    const plain = await sluice.cli("register", "db-2", "--url", url);
    assert.equal(plain.code, 1, plain.stdout);
    assert.match(
      plain.stderr,
      /it has no TLS, so that whoever is on the way can have anything run as root on the host/,
    );
  }
  const stranger = await sluice.cli("register", "db-2", "--url", "http://127.0.0.1/$(id)");
  assert.match(stranger.stderr, /Cannot use the address "http:\/\/127\.0\.0\.1\/\$\(id\)"/);
  // What was refused has registered nothing.
  assert.equal((await listOnPremises(sluice)).includes("db-2"), false);
  const known = await sluice.cli("register", "db-2", "--url", "http://192.0.2.1:4566", "--insecure");
  assert.equal(known.code, 0, known.stderr);
  assert.match(known.stdout, /This address has no TLS\. Whoever is on the way can change this script/);
  assert.match(known.stdout, /^ {2}curl .* --url http:\/\/192\.0\.2\.1:4566 --signer \S+ --insecure$/m);
  const bad = await sluice.cli("register", "db-2", "--tag", "Role");
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /Cannot read the tag "Role": KEY=VALUE is wanted/);
});
