import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { AttachRolePolicyCommand, DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { eventually } from "../support/eventually.ts";
import { accountId, openServerFixture } from "../support/server-fixture.ts";
import { newRole, type Statement } from "./principals.ts";

const codedeploy = { Service: "codedeploy.amazonaws.com" };

/** A server, and a function that returns the error of a deployment with a role. If the role may read instances, the error is that the group selects none. */
async function openFixture(t: TestContext, options: { readonly actsWithServiceRoles?: boolean } = {}) {
  const sluice = await openServerFixture(t, options);
  const client = new CodeDeployClient(sluice.as());
  const iam = new IAMClient(sluice.as());
  t.after(() => {
    client.destroy();
    iam.destroy();
  });
  await client.send(new CreateApplicationCommand({ applicationName: "app" }));
  const role = (name: string, principal: Statement = codedeploy, ...statements: readonly Statement[]) =>
    newRole(sluice, name, principal, ...statements);
  const errorOf = async (serviceRoleArn: string) => {
    const where = { applicationName: "app", deploymentGroupName: serviceRoleArn.split("/").at(-1) };
    const ec2TagFilters = [{ Key: "Role", Value: "web", Type: "KEY_AND_VALUE" as const }];
    await client.send(new CreateDeploymentGroupCommand({ ...where, serviceRoleArn, ec2TagFilters }));
    const revision = {
      revisionType: "GitHub" as const,
      gitHubLocation: { repository: "a/b", commitId: "0".repeat(40) },
    };
    const { deploymentId } = await client.send(new CreateDeploymentCommand({ ...where, revision }));
    return eventually("the deployment fails", async () => {
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
      return deploymentInfo?.status === "Failed" ? deploymentInfo.errorInformation : undefined;
    });
  };
  return { iam, role, errorOf };
}

test("with service roles on, a deployment has the rights of its group's role, as on AWS", async (t) => {
  const { iam, role, errorOf } = await openFixture(t, { actsWithServiceRoles: true });
  const missing = await role("gone");
  await iam.send(new DeleteRoleCommand({ RoleName: "gone" }));
  const able = await role("able");
  const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole";
  await iam.send(new AttachRolePolicyCommand({ RoleName: "able", PolicyArn }));

  const absent = await errorOf(missing);
  const strange = await errorOf(await role("strange", { Service: "ec2.amazonaws.com" }));
  const weak = await errorOf(await role("weak", codedeploy, { Effect: "Allow", Action: "sns:*", Resource: "*" }));
  const found = await errorOf(able);

  assert.deepEqual(absent, {
    code: "IAM_ROLE_MISSING",
    message: `The deployment group's service role does not exist: ${missing}`,
  });
  assert.equal(strange?.code, "IAM_ROLE_PERMISSIONS");
  assert.match(strange?.message ?? "", /sts:AssumeRole/);
  assert.equal(weak?.code, "IAM_ROLE_PERMISSIONS");
  assert.match(weak?.message ?? "", /assumed-role\/weak\/.*ec2:DescribeInstances/);
  assert.equal(found?.code, "NO_INSTANCES");
});

test("unless they are asked for, nobody looks whether a service role exists", async (t) => {
  const { errorOf } = await openFixture(t);

  assert.equal((await errorOf(`arn:aws:iam::${accountId}:role/never-made`))?.code, "NO_INSTANCES");
});
