// The real `aws deploy` against the API: what people type, and what they read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyMissing } from "../support/why-missing.ts";
import { openApi, serviceRoleArn } from "./api-fixture.ts";

const skip = await whyMissing("aws");
const topic = "arn:aws:sns:us-east-1:123456789012:topic";
const group = ["--application-name", "shop", "--deployment-group-name", "prod"];

test(
  "a group is made with every option of the CLI, shown, and emptied by options without a value",
  { skip },
  async (t) => {
    const { aws } = await openApi(t);
    assert.match((await aws("create-application", "--application-name", "shop")).applicationId, /^[0-9a-f-]{36}$/);
    const created = await aws(
      "create-deployment-group",
      ...group,
      ...["--service-role-arn", serviceRoleArn, "--deployment-config-name", "CodeDeployDefault.AllAtOnce"],
      ...["--ec2-tag-set", "ec2TagSetList=[[{Key=Role,Value=web,Type=KEY_AND_VALUE}],[{Key=Stage,Type=KEY_ONLY}]]"],
      ...["--on-premises-tag-set", "onPremisesTagSetList=[[{Key=Rack,Value=7,Type=KEY_AND_VALUE}]]"],
      ...["--auto-scaling-groups", "fleet", "--outdated-instances-strategy", "IGNORE", "--termination-hook-enabled"],
      ...[
        "--trigger-configurations",
        `triggerName=all,triggerTargetArn=${topic},triggerEvents=DeploymentStart,DeploymentFailure`,
      ],
      ...["--alarm-configuration", "enabled=true,ignorePollAlarmFailure=true,alarms=[{name=errors}]"],
      ...["--auto-rollback-configuration", "enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM"],
      ...["--deployment-style", "deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL"],
      ...["--load-balancer-info", "elbInfoList=[{name=classic}],targetGroupInfoList=[{name=web}]"],
      "--blue-green-deployment-configuration",
      "terminateBlueInstancesOnDeploymentSuccess={action=TERMINATE,terminationWaitTimeInMinutes=5},deploymentReadyOption={actionOnTimeout=STOP_DEPLOYMENT,waitTimeInMinutes=10},greenFleetProvisioningOption={action=COPY_AUTO_SCALING_GROUP}",
      ...["--tags", "Key=team,Value=a"],
    );

    const { deploymentGroupInfo } = await aws("get-deployment-group", ...group);
    assert.deepEqual(deploymentGroupInfo, {
      applicationName: "shop",
      deploymentGroupId: created.deploymentGroupId,
      deploymentGroupName: "prod",
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      ec2TagSet: {
        ec2TagSetList: [[{ Key: "Role", Value: "web", Type: "KEY_AND_VALUE" }], [{ Key: "Stage", Type: "KEY_ONLY" }]],
      },
      onPremisesTagSet: { onPremisesTagSetList: [[{ Key: "Rack", Value: "7", Type: "KEY_AND_VALUE" }]] },
      autoScalingGroups: [{ name: "fleet" }],
      serviceRoleArn,
      triggerConfigurations: [
        { triggerName: "all", triggerTargetArn: topic, triggerEvents: ["DeploymentStart", "DeploymentFailure"] },
      ],
      alarmConfiguration: { enabled: true, ignorePollAlarmFailure: true, alarms: [{ name: "errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      outdatedInstancesStrategy: "IGNORE",
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 5 },
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 10 },
        greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" },
      },
      loadBalancerInfo: { elbInfoList: [{ name: "classic" }], targetGroupInfoList: [{ name: "web" }] },
      computePlatform: "Server",
      terminationHookEnabled: true,
    });

    const current = ["--application-name", "shop", "--current-deployment-group-name", "prod"];
    const emptying = ["--auto-scaling-groups", "--trigger-configurations"];
    assert.deepEqual(await aws("update-deployment-group", ...current, ...emptying), { hooksNotCleanedUp: [] });
    const { deploymentGroupInfo: emptied } = await aws("get-deployment-group", ...group);
    assert.deepEqual([emptied.autoScalingGroups, emptied.triggerConfigurations], [[], []]);

    const arn = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/prod";
    await aws("tag-resource", "--resource-arn", arn, "--tags", "Key=team,Value=b");
    assert.deepEqual((await aws("list-tags-for-resource", "--resource-arn", arn)).Tags, [{ Key: "team", Value: "b" }]);
    assert.deepEqual(await aws("delete-deployment-group", ...group), { hooksNotCleanedUp: [] });
  },
);

test("a blue/green deployment is created, read, continued and stopped", { skip }, async (t) => {
  const { aws, plant, now } = await openApi(t);
  await aws("create-application", "--application-name", "shop");
  await aws(
    "create-deployment-group",
    ...group,
    ...["--service-role-arn", serviceRoleArn],
    ...["--deployment-style", "deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL"],
    ...["--load-balancer-info", "targetGroupInfoList=[{name=web}]"],
    "--blue-green-deployment-configuration",
    "terminateBlueInstancesOnDeploymentSuccess={action=KEEP_ALIVE},deploymentReadyOption={actionOnTimeout=STOP_DEPLOYMENT,waitTimeInMinutes=10}",
  );
  const { deploymentId } = await aws(
    "create-deployment",
    ...group,
    ...["--s3-location", "bucket=bundles,key=a.zip,bundleType=zip,eTag=abc", "--description", "by hand"],
    ...["--target-instances", "autoScalingGroups=green", "--file-exists-behavior", "RETAIN"],
  );
  await plant(deploymentId, { status: "Ready", startTime: now });

  const { deploymentInfo } = await aws("get-deployment", "--deployment-id", deploymentId);
  assert.equal(deploymentInfo.status, "Ready");
  assert.equal(deploymentInfo.createTime, 1767225600.125);
  assert.deepEqual(deploymentInfo.targetInstances, { autoScalingGroups: ["green"] });
  assert.deepEqual(await aws("list-deployments", ...group, "--include-only-statuses", "Ready"), {
    deployments: [deploymentId],
  });
  assert.equal(await aws("continue-deployment", "--deployment-id", deploymentId), undefined);
  assert.deepEqual(await aws("list-deployment-targets", "--deployment-id", deploymentId), { targetIds: [] });
  assert.equal(
    (await aws("stop-deployment", "--deployment-id", deploymentId, "--auto-rollback-enabled")).status,
    "Pending",
  );
  const revision = ["--s3-location", "bucket=bundles,key=a.zip,bundleType=zip,eTag=abc"];
  const { revisionInfo } = await aws("get-application-revision", "--application-name", "shop", ...revision);
  assert.equal(revisionInfo.description, `Application revision registered by Deployment ID: ${deploymentId}`);
  await assert.rejects(
    aws("get-deployment", "--deployment-id", "d-000000000"),
    /An error occurred \(DeploymentDoesNotExistException\) when calling the GetDeployment operation/,
  );
});

test("an on-premises instance is registered and deregistered by the CLI's own command", { skip }, async (t) => {
  const { aws, store } = await openApi(t);
  const iamUserArn = "arn:aws:iam::123456789012:user/rack-1";
  await aws("register-on-premises-instance", "--instance-name", "rack-1", "--iam-user-arn", iamUserArn);
  await aws("add-tags-to-on-premises-instances", "--instance-names", "rack-1", "--tags", "Key=Rack,Value=7");
  const listed = await aws("list-on-premises-instances", "--registration-status", "Registered");
  assert.deepEqual(listed, { instanceNames: ["rack-1"] });

  await aws("deregister", "--instance-name", "rack-1", "--no-delete-iam-user", "--region", "us-east-1").catch(
    // It prints lines for people, which are no JSON.
    (error: unknown) => assert(error instanceof SyntaxError, String(error)),
  );

  const instance = store.onPremises.byName("rack-1");
  assert.deepEqual([instance?.tags, instance?.deregisterTime === undefined], [[], false]);
});
