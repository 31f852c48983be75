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
import { accountId, openHouse, region } from "./open-house.ts";
import { newRole, newUser } from "./principals.ts";

test("every change is in the audit log with who, what and the outcome, refused ones too, and reads are not", async (t) => {
  const house = await openHouse(t);
  const key = await newUser(house, "ann", {
    Effect: "Allow",
    Action: "codedeploy:*",
    Resource: `arn:aws:codedeploy:*:*:application:web*`,
  });
  const ann = new CodeDeployClient(house.as(key));
  t.after(() => ann.destroy());

  await ann.send(new CreateApplicationCommand({ applicationName: "web" }));
  await assert.rejects(ann.send(new DeleteApplicationCommand({ applicationName: "api" })));
  await assert.rejects(ann.send(new CreateApplicationCommand({ applicationName: "web" })));
  await assert.rejects(ann.send(new ListApplicationsCommand({})));

  const { audit } = house.identities;
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

test("no secret of any key is in any file but the administrator's own", async (t) => {
  const house = await openHouse(t);
  const user = await newUser(house, "ann");
  const role = await newRole(house, "ops", { AWS: `arn:aws:iam::${accountId}:root` });
  const sts = new STSClient(house.as());
  t.after(() => sts.destroy());
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "s1" }));
  const host = await house.identities.issueForHost(
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
    "arn:aws:sts::123456789012:assumed-role/web/i-1",
  );
  const secrets = [
    user.secretAccessKey,
    Credentials?.SecretAccessKey,
    Credentials?.SessionToken,
    host.secretAccessKey,
    host.sessionToken,
    house.administrator.secretAccessKey,
  ];

  const files = readdirSync(house.dataFolder, { recursive: true, encoding: "utf8" })
    .map((name) => join(house.dataFolder, name))
    .filter((file) => statSync(file).isFile());

  assert(files.some((file) => file.endsWith("audit.sqlite")));
  for (const file of files.filter((name) => !name.endsWith("/credentials")))
    for (const secret of secrets) {
      assert(secret !== undefined);
      assert.equal(readFileSync(file).includes(secret), false, file);
    }
});
