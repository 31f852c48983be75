import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  ListApplicationsCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { endOf } from "../support/deployment-end.ts";
import { eventually } from "../support/eventually.ts";
import { SimulatedAgents, type Outcome } from "../support/simulated-agents.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const tag = { Key: "Fleet", Value: "shop" };
const names = { applicationName: "shop", deploymentGroupName: "prod" };
const host = "arn:aws:iam::123456789012:user/web-1";

/** The agent of the one host, against a server. */
async function agentOf(sluice: SluiceProcess, answer: () => Outcome | Promise<Outcome>): Promise<SimulatedAgents> {
  const { region, credentials } = await sluice.clientOptions();
  const agents = new SimulatedAgents({ url: sluice.url, region, credentials, clock: Date.now }, answer);
  agents.start("web-1", host);
  return agents;
}

async function clientOf(t: TestContext, sluice: SluiceProcess): Promise<CodeDeployClient> {
  const client = new CodeDeployClient(await sluice.clientOptions());
  t.after(() => client.destroy());
  return client;
}

async function deploy(client: CodeDeployClient): Promise<string> {
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: "web-1", iamUserArn: host }));
  await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["web-1"], tags: [tag] }));
  await client.send(
    new CreateDeploymentGroupCommand({
      ...names,
      serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
      onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
    }),
  );
  const gitHubLocation = { repository: "shop/web", commitId: randomUUID().replaceAll("-", "").padEnd(40, "0") };
  const revision = { revisionType: "GitHub" as const, gitHubLocation };
  const { deploymentId } = await client.send(new CreateDeploymentCommand({ ...names, revision }));
  assert(deploymentId);
  return deploymentId;
}

test(
  "a deployment that was under way when it was backed up ends where the backup is restored",
  { timeout: 120_000 },
  async (t) => {
    const before = new SluiceProcess(t, []);
    await before.open("server");
    const client = await clientOf(t, before);
    const third = Promise.withResolvers<Outcome>();
    let events = 0;
    const agents = await agentOf(before, () => ((events += 1) === 3 ? third.promise : "Succeeded"));
    const deployment = await deploy(client);
    await eventually("the host runs its third event", async () => events === 3 || undefined);

    const file = join(before.folder, "sluice.backup");
    const saved = await before.cli("backup", file);
    await client.send(new CreateApplicationCommand({ applicationName: "after-the-backup" }));
    await before.kill();

    assert.equal(saved.code, 0, saved.stderr);
    assert.match(
      saved.stdout,
      /^Wrote .*sluice\.backup: \d+ files, \d+ KiB\. Whoever has it has the administrator's key/,
    );
    assert.equal(statSync(file).mode & 0o077, 0);
    assert.deepEqual(
      readdirSync(before.folder).filter((name) => /copies|new/.test(name)),
      [],
    );
    const after = new SluiceProcess(t, []);
    const restored = await after.cli("restore", file);
    assert.equal(restored.code, 0, restored.stderr);
    after.port = before.port; // where the host looks for it
    await after.open("server");
    third.resolve("Succeeded");
    const later = await clientOf(t, after);
    const end = await endOf(later, deployment, 60);
    await agents.close();

    assert.equal(end.status, "Succeeded");
    const ran = agents.ran.map(({ event }) => event);
    assert.equal(new Set(ran).size, ran.length, `an event ran twice: ${ran.join(", ")}`);
    assert.deepEqual((await later.send(new ListApplicationsCommand({}))).applications, ["shop"]);
    const audit = await after.cli("audit");
    assert.equal(audit.code, 0, audit.stderr);
  },
);

test(
  "what is written while a backup is made is kept by the server, and a local cloud's backup opens",
  { timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example"]);
    await sluice.open();
    const client = await clientOf(t, sluice);
    const applications = Array.from({ length: 20 }, (_, index) => `during-${index}`);
    const file = join(sluice.folder, "sluice.backup");

    const [saved] = await Promise.all([
      sluice.cli("backup", file),
      ...applications.map((applicationName) => client.send(new CreateApplicationCommand({ applicationName }))),
    ]);
    assert.equal(saved.code, 0, saved.stderr);
    await sluice.kill();
    await sluice.open();
    const again = await clientOf(t, sluice);
    assert.deepEqual((await again.send(new ListApplicationsCommand({}))).applications, applications.toSorted());

    const other = new SluiceProcess(t, ["--no-example"]);
    assert.equal((await other.cli("restore", file)).code, 0);
    assert(existsSync(join(other.folder, "data/cloud/cloud.db")));
    await other.open();
  },
);

test(
  "a backup that is damaged, cut off or foreign restores nothing, and a folder in use is left alone",
  { timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, []);
    await sluice.open("server");
    const file = join(sluice.folder, "sluice.backup");
    assert.equal((await sluice.cli("backup", file)).code, 0);
    assert.match((await sluice.cli("backup", file)).stderr, /it is there already/);
    assert.match((await sluice.cli("restore", file)).stderr, /it is not empty/);
    const other = new SluiceProcess(t, []);
    const refusal = async (bytes: Uint8Array) => {
      writeFileSync(join(other.folder, "bad"), bytes);
      const { code, stderr } = await other.cli("restore", join(other.folder, "bad"));
      assert.equal(code, 1);
      assert.deepEqual(
        readdirSync(other.folder).filter((name) => name !== "bad"),
        [],
      );
      return stderr;
    };
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf("SQLite format 3");
    damaged[at + 1000] = (damaged[at + 1000] ?? 0) ^ 1;

    assert.match(await refusal(damaged), /codedeploy\.sqlite is not as it was written/);
    assert.match(await refusal(whole.subarray(0, whole.length - 20_000)), /Cannot restore/);
    assert.match(await refusal(Buffer.from("nothing")), /Cannot restore/);
    assert.match(
      await refusal(
        Buffer.from(whole.toString("latin1").replace('"name": "credentials"', '"name": "../edential"'), "latin1"),
      ),
      /names a file that no backup has/,
    );
    assert.match((await other.cli("backup", join(other.folder, "x"))).stderr, /nothing runs on/);
  },
);
