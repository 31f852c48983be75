import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  DeleteApplicationCommand,
  ListApplicationsCommand,
} from "@aws-sdk/client-codedeploy";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { audit } from "../../packages/cli/src/commands/audit.ts";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { newRole, newUser } from "./principals.ts";

test("every change is in the audit log with who, what and the outcome, refused ones too, and reads are not", async (t) => {
  const sluice = await openServerFixture(t);
  const key = await newUser(sluice, "ann", {
    Effect: "Allow",
    Action: "codedeploy:*",
    Resource: `arn:aws:codedeploy:*:*:application:web*`,
  });
  const ann = new CodeDeployClient(sluice.as(key));
  t.after(() => ann.destroy());

  await ann.send(new CreateApplicationCommand({ applicationName: "web" }));
  await assert.rejects(ann.send(new DeleteApplicationCommand({ applicationName: "api" })));
  await assert.rejects(ann.send(new CreateApplicationCommand({ applicationName: "web" })));
  await assert.rejects(ann.send(new ListApplicationsCommand({})));

  const { audit } = sluice.identities;
  const entries = audit.read({ since: 0, after: 0, count: 100 }).filter(({ caller }) => caller.endsWith("/ann"));
  const application = (name: string) => `arn:aws:codedeploy:${region}:${accountId}:application:${name}`;
  assert.deepEqual(
    entries.map(({ operation, resources, outcome, sourceIp, accessKeyId }) => [
      operation,
      resources,
      outcome,
      sourceIp,
      accessKeyId,
    ]),
    [
      ["CreateApplication", [application("web")], "Succeeded", "127.0.0.1", key.accessKeyId],
      ["DeleteApplication", [application("api")], "AccessDeniedException", "127.0.0.1", key.accessKeyId],
      ["CreateApplication", [application("web")], "ApplicationAlreadyExistsException", "127.0.0.1", key.accessKeyId],
    ],
  );
  assert.equal((await audit.prove()).isIntact, true);
});

test("what a refused caller has named is shown as text, whatever it would like to be", async (t) => {
  const sluice = await openServerFixture(t);
  const ann = new CodeDeployClient(sluice.as(await newUser(sluice, "ann")));
  t.after(() => ann.destroy());
  const forged = "2026-01-01T00:00:00.000Z  bob  codedeploy:DeleteApplication  billing  Succeeded  r-1";

  for (const applicationName of [`x\n${forged}\n`, `y\r\u001b[2K${forged}`, "z".repeat(100_000)])
    await assert.rejects(ann.send(new CreateApplicationCommand({ applicationName })), {
      name: "AccessDeniedException",
    });

  const entries = sluice.identities.audit.read({ since: 0, after: 0, count: 100 });
  assert(entries.every(({ resources }) => resources.every((text) => text.length < 2200 && !/\p{Cc}/u.test(text))));
  const endpoint = { url: sluice.url, region, credentials: sluice.administrator };
  const printed: string[] = [];
  assert.equal(await audit(endpoint, {}, (line) => printed.push(line)), 0);
  assert.equal(printed.length, entries.length);
  const lines = printed.filter((line) => line.includes("user/ann  codedeploy:CreateApplication  "));
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.match(
      line,
      /^\S+Z {2}\S+user\/ann {2}codedeploy:CreateApplication {2}\S.* {2}AccessDeniedException {2}\S+$/,
    );
    assert(!/\p{Cc}/u.test(line) && line.length < 600, line.slice(0, 600));
  }
  assert.match(
    lines[0] ?? "",
    / {2}"arn:aws:codedeploy:[^"]*:x\\n2026-01-01T00:00:00.000Z {2}bob[^"]*" {2}AccessDenied/,
  );
  const json: string[] = [];
  await audit(endpoint, { json: true }, (line) => json.push(line));
  assert.equal(json.map((line) => JSON.parse(line) as unknown).length, entries.length);
});

test("no secret of any key is in any file but the administrator's own", async (t) => {
  const sluice = await openServerFixture(t);
  const user = await newUser(sluice, "ann");
  const role = await newRole(sluice, "ops", { AWS: `arn:aws:iam::${accountId}:root` });
  const sts = new STSClient(sluice.as());
  t.after(() => sts.destroy());
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "s1" }));
  const host = await sluice.identities.issueForHost(
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
    "arn:aws:sts::123456789012:assumed-role/web/i-1",
  );
  const secrets = [
    user.secretAccessKey,
    Credentials?.SecretAccessKey,
    Credentials?.SessionToken,
    host.secretAccessKey,
    host.sessionToken,
    sluice.administrator.secretAccessKey,
  ];

  const files = readdirSync(sluice.dataFolder, { recursive: true, encoding: "utf8" })
    .map((name) => join(sluice.dataFolder, name))
    .filter((file) => statSync(file).isFile());

  assert(files.some((file) => file.endsWith("audit.sqlite")));
  for (const file of files.filter((name) => !name.endsWith("/credentials")))
    for (const secret of secrets) {
      assert(secret !== undefined);
      assert.equal(readFileSync(file).includes(secret), false, file);
    }
});
