import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { initialDeployments } from "../../test/stored-deployments.ts";
import { openIdentities } from "../identity/identities.ts";
import { startServer } from "../start-server.ts";
import { openStore } from "../store/index.ts";

const day = 24 * 60 * 60 * 1000;
const region = "eu-west-1";
const tag = { Key: "Fleet", Value: "shop" };
const iamUserArn = "arn:aws:iam::123456789012:user/web-1";
const old = Array.from({ length: 4_000 }, (_, index) => ({
  id: `d-${String(index).padStart(9, "0")}`,
  group: "old",
  status: "Failed" as const,
  at: index,
  targets: 1,
}));

test(
  "while thousands of deployments are deleted, requests are answered and held polls get their commands",
  { timeout: 60_000 },
  async (t) => {
    const dataFolder = mkdtempSync(join(tmpdir(), "sluice-steps-"));
    t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
    const store = openStore(dataFolder);
    await store.write(() => initialDeployments(store, old));
    store.close();
    const common = { dataFolder, accountId: "123456789012", clock: () => Date.now() };
    const identities = await openIdentities(common);
    const server = await startServer({
      ...common,
      ...{ region, identities, port: 0, hostname: "127.0.0.1", logLevel: "error", services: [], ec2: "aws" },
      keep: { deployments: (Date.now() - 10_000) / day }, // until ten seconds after the last of them
      firstDeletionMilliseconds: 0,
    });
    const credentials = identities.administrator();
    const client = new CodeDeployClient({ region, endpoint: server.url, credentials });
    t.after(async () => {
      client.destroy();
      await server.close();
    });
    const lastIsThere = () =>
      client.send(new GetDeploymentCommand({ deploymentId: "d-000003998" })).then(
        () => true,
        ({ name }: Error) => assert.equal(name, "DeploymentDoesNotExistException"),
      );
    const body = JSON.stringify({ HostIdentifier: iamUserArn });
    const url = new URL("/", server.url);
    const headers = signHeaders({
      ...{ method: "POST", url, body, credentials, region, service: "codedeploy-commands" },
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "CodeDeployCommandService_v20141006.PollHostCommand",
      },
    });

    const polled = fetch(url, { method: "POST", headers, body });
    const names = { applicationName: "shop", deploymentGroupName: "prod" };
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: "web-1", iamUserArn }));
    await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["web-1"], tags: [tag] }));
    const onPremisesInstanceTagFilters = [{ ...tag, Type: "KEY_AND_VALUE" as const }];
    const serviceRoleArn = "arn:aws:iam::123456789012:role/deploy";
    await client.send(new CreateDeploymentGroupCommand({ ...names, serviceRoleArn, onPremisesInstanceTagFilters }));
    const gitHubLocation = { repository: "shop/web", commitId: "a".repeat(40) };
    await client.send(new CreateDeploymentCommand({ ...names, revision: { revisionType: "GitHub", gitHubLocation } }));
    const { HostCommand } = (await (await polled).json()) as {
      readonly HostCommand?: { readonly CommandName: string };
    };

    assert.equal(HostCommand?.CommandName, "ApplicationStop");
    assert.equal(await lastIsThere(), true, "the deletion was still under way");
    let answers = 0;
    while ((await lastIsThere()) === true) answers += 1;
    assert(answers > 10, `${answers} requests were answered in between`);
    const newest = await client.send(new GetDeploymentCommand({ deploymentId: "d-000003999" }));
    assert.equal(newest.deploymentInfo?.status, "Failed"); // its group's last one
  },
);
