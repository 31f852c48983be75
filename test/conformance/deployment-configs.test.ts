import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateApplicationCommand,
  CreateDeploymentConfigCommand,
  type CreateDeploymentConfigInput,
  CreateDeploymentGroupCommand,
  DeleteDeploymentConfigCommand,
  GetDeploymentConfigCommand,
  ListDeploymentConfigsCommand,
} from "@aws-sdk/client-codedeploy";
import { isFault, openApi, serviceRoleArn } from "./api-fixture.ts";

test("all 17 predefined configurations are there, and stay", async (t) => {
  const { client, raw } = await openApi(t);

  const { deploymentConfigsList = [] } = await client.send(new ListDeploymentConfigsCommand({}));
  const oneAtATime = await raw("GetDeploymentConfig", { deploymentConfigName: "CodeDeployDefault.OneAtATime" });
  const canary = await client.send(
    new GetDeploymentConfigCommand({ deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent15Minutes" }),
  );

  assert.equal(deploymentConfigsList.length, 17);
  assert.deepEqual(JSON.parse(oneAtATime.text), {
    deploymentConfigInfo: {
      deploymentConfigId: "00000000-0000-0000-0000-000000000001",
      deploymentConfigName: "CodeDeployDefault.OneAtATime",
      minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
      computePlatform: "Server",
    },
  });
  assert.deepEqual(canary.deploymentConfigInfo, {
    deploymentConfigId: "00000000-0000-0000-0000-000000000022",
    deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent15Minutes",
    computePlatform: "ECS",
    trafficRoutingConfig: {
      type: "TimeBasedCanary",
      timeBasedCanary: { canaryPercentage: 10, canaryInterval: 15 },
    },
  });
  const remove = new DeleteDeploymentConfigCommand({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  await assert.rejects(client.send(remove), isFault("InvalidOperation"));
});

test("custom configurations of all platforms are returned as they were made", async (t) => {
  const { client } = await openApi(t);
  const made: readonly CreateDeploymentConfigInput[] = [
    {
      deploymentConfigName: "zones",
      computePlatform: "Server",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 75 },
      zonalConfig: {
        firstZoneMonitorDurationInSeconds: 60,
        monitorDurationInSeconds: 30,
        minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 1 },
      },
    },
    {
      deploymentConfigName: "canary",
      computePlatform: "Lambda",
      trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: { canaryPercentage: 20, canaryInterval: 1 } },
    },
    {
      deploymentConfigName: "linear",
      computePlatform: "ECS",
      trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 30, linearInterval: 5 } },
    },
  ];

  for (const config of made) {
    const { deploymentConfigId } = await client.send(new CreateDeploymentConfigCommand(config));
    const { deploymentConfigName } = config;
    const { deploymentConfigInfo } = await client.send(new GetDeploymentConfigCommand({ deploymentConfigName }));
    assert.deepEqual(deploymentConfigInfo, {
      ...config,
      deploymentConfigId,
      createTime: new Date("2026-01-01T00:00:00.125Z"),
    });
  }
});

test("configurations that cannot work are refused in AWS's words", async (t) => {
  const { client } = await openApi(t);
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 1 } as const;
  const linear = (linearPercentage: number, linearInterval: number) => ({
    computePlatform: "Lambda" as const,
    trafficRoutingConfig: {
      type: "TimeBasedLinear" as const,
      timeBasedLinear: { linearPercentage, linearInterval },
    },
  });
  const canary = (canaryPercentage: number, canaryInterval: number) => ({
    computePlatform: "ECS" as const,
    trafficRoutingConfig: { type: "TimeBasedCanary" as const, timeBasedCanary: { canaryPercentage, canaryInterval } },
  });
  const cases: readonly (readonly [
    fault: string,
    text: string,
    given: Omit<CreateDeploymentConfigInput, "deploymentConfigName">,
  ])[] = [
    ["InvalidMinimumHealthyHostValue", "minimum healthy hosts argument is missing", {}],
    [
      "InvalidMinimumHealthyHostValue",
      "minimum healthy hosts should be null for Lambda deployment configuration",
      { minimumHealthyHosts, computePlatform: "Lambda" },
    ],
    [
      "InvalidMinimumHealthyHostValue",
      "The value for the minimum healthy hosts with type of FLEET_PERCENT should be positive and less than 100",
      { minimumHealthyHosts: { type: "FLEET_PERCENT", value: 100 } },
    ],
    [
      "InvalidTrafficRoutingConfiguration",
      "Traffic routing configuration should be null for Server deployment configuration",
      { minimumHealthyHosts, trafficRoutingConfig: { type: "AllAtOnce" } },
    ],
    [
      "InvalidTrafficRoutingConfiguration",
      "Traffic routing configuration cannot be null nor empty for deployment configurations on this platform.",
      { computePlatform: "ECS" },
    ],
    [
      "InvalidTrafficRoutingConfiguration",
      "TimeBasedCanaryConfiguration should be null for AllAtOnce type",
      {
        computePlatform: "ECS",
        trafficRoutingConfig: { type: "AllAtOnce", timeBasedCanary: { canaryPercentage: 1, canaryInterval: 1 } },
      },
    ],
    ["InvalidTrafficRoutingConfiguration", "Valid traffic routing percentage is from 1 to 99", canary(100, 1)],
    [
      "InvalidTrafficRoutingConfiguration",
      "Canary interval must be between 1 and 2880 minutes (2 days)",
      canary(10, 2881),
    ],
    [
      "InvalidTrafficRoutingConfiguration",
      "Total Traffic shifting intervals must be positive integers up to 2880 minutes (2 days)",
      linear(10, 289),
    ],
    [
      "InvalidZonalDeploymentConfiguration",
      "Zonal deployments are only supported with EC2 deployments.",
      { ...linear(10, 1), zonalConfig: {} },
    ],
    [
      "InvalidZonalDeploymentConfiguration",
      "must be positive and less than 100.",
      { minimumHealthyHosts, zonalConfig: { minimumHealthyHostsPerZone: { type: "FLEET_PERCENT", value: 100 } } },
    ],
  ];

  for (const [name, text, given] of cases)
    await assert.rejects(
      client.send(new CreateDeploymentConfigCommand({ deploymentConfigName: "c", ...given })),
      isFault(name, text),
    );
  await client.send(new CreateDeploymentConfigCommand({ deploymentConfigName: "c", ...linear(10, 288) }));
  const ofAws = { deploymentConfigName: "CodeDeployDefault.Mine", minimumHealthyHosts };
  await assert.rejects(client.send(new CreateDeploymentConfigCommand(ofAws)), isFault("InvalidDeploymentConfigName"));
});

test("a configuration that is in use stays; one that is not goes, once or twice", async (t) => {
  const { client } = await openApi(t);
  const deploymentConfigName = "mine";
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 } as const;
  await client.send(new CreateDeploymentConfigCommand({ deploymentConfigName, minimumHealthyHosts }));
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const group = { applicationName: "shop", deploymentGroupName: "prod", serviceRoleArn, deploymentConfigName };
  await client.send(new CreateDeploymentGroupCommand(group));
  const again = new CreateDeploymentConfigCommand({ deploymentConfigName, minimumHealthyHosts });

  await assert.rejects(client.send(again), isFault("DeploymentConfigAlreadyExists"));
  const remove = new DeleteDeploymentConfigCommand({ deploymentConfigName });
  await assert.rejects(client.send(remove), isFault("DeploymentConfigInUse"));
  await client.send(new DeleteDeploymentConfigCommand({ deploymentConfigName: "never" }));
});
