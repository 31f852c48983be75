// The data folders of versions that were released, each as that version has left it: with users, keys, objects, and a deployment whose
// host never came. What is secret in them was made for this. For the next version, lay its folder beside them: databases as SQL.
import assert from "node:assert/strict";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { CodeDeployClient, GetDeploymentCommand, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SluiceProcess } from "../support/sluice-process.ts";

const fixtures = resolve(import.meta.dirname, "../fixtures");

/** A user whom each folder has, with a policy that lets her read. */
const ann = { accessKeyId: "AKIALQ3NMYFE3IYSZ36P", secretAccessKey: "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" };

/** Lays the folder of a version where a process will find its own. */
function lay(sluice: SluiceProcess, name: string): string {
  const folder = join(sluice.folder, "data");
  mkdirSync(folder);
  cpSync(join(fixtures, name), folder, { recursive: true });
  for (const path of globSync("**/*.sql", { cwd: folder })) {
    const db = new DatabaseSync(join(folder, path.slice(0, -".sql".length)));
    db.exec(readFileSync(join(folder, path), "utf8"));
    db.close();
    rmSync(join(folder, path));
  }
  return folder;
}

async function opens(t: TestContext, name: string): Promise<void> {
  const sluice = new SluiceProcess(t, ["--no-example"]);
  const folder = lay(sluice, name);
  const [, accessKeyId] = /^aws_access_key_id = ?(\w+)$/m.exec(readFileSync(join(folder, "credentials"), "utf8")) ?? [];

  await sluice.open();

  const options = await sluice.clientOptions();
  assert.equal(options.credentials.accessKeyId, accessKeyId);
  const codedeploy = new CodeDeployClient({ ...options, credentials: ann });
  const { deployments: [deploymentId] = [] } = await codedeploy.send(
    new ListDeploymentsCommand({ applicationName: "shop", deploymentGroupName: "web" }),
  );
  const { deploymentInfo } = await codedeploy.send(new GetDeploymentCommand({ deploymentId }));
  // By now the host may be known not to come.
  assert.match(deploymentInfo?.status ?? "", /^(InProgress|Failed)$/);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "kept", Key: "greeting" }));
  assert.equal(await Body?.transformToString(), "hello\n");
  const audit = await sluice.cli("audit");
  assert.equal(audit.code, 0, audit.stdout);
  assert.match(audit.stdout, /CreateHostRegistration/);
}

for (const name of globSync("data-folder-*", { cwd: fixtures }))
  test(`this version goes on with the ${name.replaceAll("-", " ")}`, { timeout: 120_000 }, (t) => opens(t, name));

for (const file of ["codedeploy.sqlite", "identities.sqlite", "audit.sqlite"])
  test(
    `a data folder whose ${file} is of a later version is left alone, with one sentence`,
    { timeout: 60_000 },
    async (t) => {
      const sluice = new SluiceProcess(t, ["--no-example"]);
      await sluice.open();
      await sluice.cli("down");
      const folder = join(sluice.folder, "data");
      const db = new DatabaseSync(join(folder, file));
      const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number }; // as SQLite names it
      db.exec(`PRAGMA user_version = ${version + 1}`);
      db.close();

      const { code, stderr } = await sluice.run(
        "--data",
        folder,
        "--port",
        "0",
        "up",
        "--no-example",
        "--driver",
        "plain",
      );

      assert.equal(code, 1);
      const complaints = stderr.split("\n").filter((line) => line.startsWith("sluice: "));
      assert.equal(complaints.length, 1, stderr);
      const wanted = `it is of version ${version + 1}, and this program knows versions up to ${version}. Use a later one`;
      assert(complaints[0]?.includes(wanted), stderr);
    },
  );
