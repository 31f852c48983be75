// Every operation is sent every kind of bad value for every member of a rich input, and answers with a fault that AWS documents for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceModel } from "@sluice/aws-protocol";
import { type ApiFixture, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";
import { documentedFaults } from "./documented-faults.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Kind = "missing" | "wrong type" | "empty" | "too long" | "bad characters" | "unknown";

const placeholder = "d-PLACEHOLD";
const deploymentId = placeholder;
const filter = { Key: "Role", Value: "web", Type: "KEY_AND_VALUE" };
const instanceArn = "arn:aws:codedeploy:us-east-1:123456789012:application:shop";

const groupSettings = {
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
  ec2TagSet: { ec2TagSetList: [[filter]] },
  onPremisesInstanceTagFilters: [filter],
  autoScalingGroups: ["fleet"],
  triggerConfigurations: [
    {
      triggerName: "all",
      triggerTargetArn: "arn:aws:sns:us-east-1:123456789012:topic",
      triggerEvents: ["DeploymentFailure"],
    },
  ],
  alarmConfiguration: { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: "errors" }] },
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  outdatedInstancesStrategy: "UPDATE",
  deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  blueGreenDeploymentConfiguration: {
    terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 5 },
    deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 5 },
    greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" },
  },
  loadBalancerInfo: { elbInfoList: [{ name: "classic" }], targetGroupInfoList: [{ name: "web" }] },
  terminationHookEnabled: false,
};

/** A good input of each operation. */
const goodInputs: Readonly<Record<string, { readonly [name: string]: Json }>> = {
  AddTagsToOnPremisesInstances: { tags: [{ Key: "k", Value: "v" }], instanceNames: ["rack-1"] },
  BatchGetApplicationRevisions: { applicationName: "shop", revisions: [s3Revision("a.zip")] },
  BatchGetApplications: { applicationNames: ["shop"] },
  BatchGetDeploymentGroups: { applicationName: "shop", deploymentGroupNames: ["prod"] },
  BatchGetDeploymentInstances: { deploymentId, instanceIds: ["i-0123456789abcdef0"] },
  BatchGetDeploymentTargets: { deploymentId, targetIds: ["i-0123456789abcdef0"] },
  BatchGetDeployments: { deploymentIds: [deploymentId] },
  BatchGetOnPremisesInstances: { instanceNames: ["rack-1"] },
  ContinueDeployment: { deploymentId, deploymentWaitType: "READY_WAIT" },
  CreateApplication: { applicationName: "new", computePlatform: "Server", tags: [{ Key: "k", Value: "v" }] },
  CreateDeployment: {
    applicationName: "shop",
    deploymentGroupName: "green",
    revision: s3Revision("a.zip"),
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    description: "by hand",
    ignoreApplicationStopFailures: false,
    targetInstances: { tagFilters: [filter], autoScalingGroups: ["fleet"] },
    autoRollbackConfiguration: groupSettings.autoRollbackConfiguration,
    updateOutdatedInstancesOnly: false,
    fileExistsBehavior: "RETAIN",
    deploymentMode: "STANDARD",
    overrideAlarmConfiguration: groupSettings.alarmConfiguration,
  },
  CreateDeploymentConfig: {
    deploymentConfigName: "half",
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: 50 },
    computePlatform: "Server",
    zonalConfig: {
      firstZoneMonitorDurationInSeconds: 1,
      monitorDurationInSeconds: 1,
      minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 1 },
    },
  },
  CreateDeploymentGroup: {
    applicationName: "shop",
    deploymentGroupName: "more",
    serviceRoleArn,
    tags: [{ Key: "k", Value: "v" }],
    ...groupSettings,
  },
  DeleteApplication: { applicationName: "nobody" },
  DeleteDeploymentConfig: { deploymentConfigName: "nobody" },
  DeleteDeploymentGroup: { applicationName: "shop", deploymentGroupName: "nobody" },
  DeleteGitHubAccountToken: { tokenName: "octocat" },
  DeleteResourcesByExternalId: { externalId: "stack" },
  DeregisterOnPremisesInstance: { instanceName: "nobody" },
  GetApplication: { applicationName: "shop" },
  GetApplicationRevision: { applicationName: "shop", revision: s3Revision("a.zip") },
  GetDeployment: { deploymentId },
  GetDeploymentConfig: { deploymentConfigName: "CodeDeployDefault.OneAtATime" },
  GetDeploymentGroup: { applicationName: "shop", deploymentGroupName: "prod" },
  GetDeploymentInstance: { deploymentId, instanceId: "i-0123456789abcdef0" },
  GetDeploymentTarget: { deploymentId, targetId: "i-0123456789abcdef0" },
  GetOnPremisesInstance: { instanceName: "rack-1" },
  ListApplicationRevisions: {
    applicationName: "shop",
    sortBy: "registerTime",
    sortOrder: "ascending",
    s3Bucket: "bundles",
    s3KeyPrefix: "a",
    deployed: "include",
  },
  ListApplications: { nextToken: "x" },
  ListDeploymentConfigs: { nextToken: "x" },
  ListDeploymentGroups: { applicationName: "shop", nextToken: "x" },
  ListDeploymentInstances: { deploymentId, instanceStatusFilter: ["Failed"], instanceTypeFilter: ["Blue"] },
  ListDeploymentTargets: { deploymentId, targetFilters: { TargetStatus: ["Failed"], ServerInstanceLabel: ["Blue"] } },
  ListDeployments: {
    applicationName: "shop",
    deploymentGroupName: "prod",
    includeOnlyStatuses: ["Failed"],
    createTimeRange: { start: 1, end: 2 },
  },
  ListGitHubAccountTokenNames: { nextToken: "x" },
  ListOnPremisesInstances: { registrationStatus: "Registered", tagFilters: [filter] },
  ListTagsForResource: { ResourceArn: instanceArn },
  PutLifecycleEventHookExecutionStatus: { deploymentId, lifecycleEventHookExecutionId: "id", status: "Succeeded" },
  RegisterApplicationRevision: { applicationName: "shop", revision: s3Revision("a.zip"), description: "text" },
  RegisterOnPremisesInstance: { instanceName: "rack-2", iamUserArn: "arn:aws:iam::123456789012:user/rack-2" },
  RemoveTagsFromOnPremisesInstances: { tags: [{ Key: "k", Value: "v" }], instanceNames: ["rack-1"] },
  SkipWaitTimeForInstanceTermination: { deploymentId },
  StopDeployment: { deploymentId, autoRollbackEnabled: true },
  TagResource: { ResourceArn: instanceArn, Tags: [{ Key: "k", Value: "v" }] },
  UntagResource: { ResourceArn: instanceArn, TagKeys: ["k"] },
  UpdateApplication: { applicationName: "shop", newApplicationName: "other" },
  UpdateDeploymentGroup: {
    applicationName: "shop",
    currentDeploymentGroupName: "green",
    newDeploymentGroupName: "green",
    serviceRoleArn,
    ...groupSettings,
  },
};

function named(noun: string, absent?: string) {
  const faults = {
    missing: `${noun}NameRequired`,
    empty: `${noun}NameRequired`,
    "too long": `Invalid${noun}Name`,
    "bad characters": `Invalid${noun}Name`,
  };
  return absent === undefined ? faults : { ...faults, unknown: absent };
}
const all = (fault: string) => ({ empty: fault, "too long": fault, "bad characters": fault, unknown: fault });
const deploymentIds = {
  missing: "DeploymentIdRequired",
  empty: "DeploymentIdRequired",
  "too long": "InvalidDeploymentId",
  "bad characters": "InvalidDeploymentId",
  unknown: "InvalidDeploymentId",
};
const instanceNames = {
  missing: "InstanceNameRequired",
  empty: "InstanceNameRequired",
  "too long": "InvalidInstanceName",
  "bad characters": "InvalidInstanceName",
};

/** What api.md §2.1 calls for, by the name of the member; it counts for operations that list the fault. */
const wanted: Readonly<Record<string, Partial<Record<Kind, string>>>> = {
  applicationName: named("Application", "ApplicationDoesNotExist"),
  applicationNames: named("Application", "ApplicationDoesNotExist"),
  newApplicationName: named("Application"),
  deploymentGroupName: named("DeploymentGroup", "DeploymentGroupDoesNotExist"),
  deploymentGroupNames: named("DeploymentGroup"),
  currentDeploymentGroupName: named("DeploymentGroup", "DeploymentGroupDoesNotExist"),
  newDeploymentGroupName: named("DeploymentGroup"),
  deploymentConfigName: named("DeploymentConfig", "DeploymentConfigDoesNotExist"),
  deploymentId: deploymentIds,
  deploymentIds,
  instanceName: instanceNames,
  instanceNames,
  targetId: { missing: "DeploymentTargetIdRequired", empty: "DeploymentTargetIdRequired" },
  targetIds: { missing: "DeploymentTargetIdRequired", empty: "DeploymentTargetIdRequired" },
  instanceId: { missing: "InstanceIdRequired", empty: "InstanceIdRequired", unknown: "InstanceDoesNotExist" },
  instanceIds: { missing: "InstanceIdRequired", empty: "InstanceIdRequired" },
  revision: { missing: "RevisionRequired" },
  revisions: { missing: "RevisionRequired", empty: "RevisionRequired" },
  revisionType: { missing: "InvalidRevision", ...all("InvalidRevision") },
  bundleType: all("InvalidRevision"),
  bucket: { missing: "InvalidRevision", empty: "InvalidRevision" },
  key: { missing: "InvalidRevision", empty: "InvalidRevision" },
  serviceRoleArn: {
    missing: "RoleRequired",
    "too long": "InvalidRole",
    "bad characters": "InvalidRole",
    unknown: "InvalidRole",
  },
  description: { "too long": "DescriptionTooLong" },
  computePlatform: all("InvalidComputePlatform"),
  fileExistsBehavior: all("InvalidFileExistsBehavior"),
  deploymentMode: all("InvalidInput"),
  outdatedInstancesStrategy: all("InvalidInput"),
  deploymentType: all("InvalidDeploymentStyle"),
  deploymentOption: all("InvalidDeploymentStyle"),
  action: all("InvalidBlueGreenDeploymentConfiguration"),
  actionOnTimeout: all("InvalidBlueGreenDeploymentConfiguration"),
  deploymentReadyOption: { missing: "InvalidBlueGreenDeploymentConfiguration" },
  terminateBlueInstancesOnDeploymentSuccess: { missing: "InvalidBlueGreenDeploymentConfiguration" },
  triggerName: { missing: "InvalidTriggerConfig", empty: "InvalidTriggerConfig", "too long": "InvalidTriggerConfig" },
  triggerTargetArn: { missing: "InvalidTriggerConfig", ...all("InvalidTriggerConfig") },
  triggerEvents: { missing: "InvalidTriggerConfig", ...all("InvalidTriggerConfig") },
  alarms: { missing: "InvalidAlarmConfig", empty: "InvalidAlarmConfig" },
  events: { missing: "InvalidAutoRollbackConfig", ...all("InvalidAutoRollbackConfig") },
  elbInfoList: {},
  autoScalingGroups: { "too long": "InvalidAutoScalingGroup" },
  minimumHealthyHosts: { missing: "InvalidMinimumHealthyHostValue" },
  sortBy: all("InvalidSortBy"),
  sortOrder: all("InvalidSortOrder"),
  deployed: all("InvalidDeployedStateFilter"),
  s3Bucket: {
    empty: "InvalidBucketNameFilter",
    "bad characters": "InvalidBucketNameFilter",
    missing: "BucketNameFilterRequired",
  },
  s3KeyPrefix: { empty: "InvalidKeyPrefixFilter", "too long": "InvalidKeyPrefixFilter" },
  instanceStatusFilter: { unknown: "InvalidInstanceStatus" },
  instanceTypeFilter: { unknown: "InvalidInstanceType" },
  TargetStatus: { unknown: "InvalidInstanceStatus" },
  ServerInstanceLabel: { unknown: "InvalidInstanceType" },
  includeOnlyStatuses: { unknown: "InvalidDeploymentStatus" },
  nextToken: all("InvalidNextToken"),
  deploymentWaitType: all("InvalidDeploymentWaitType"),
  registrationStatus: all("InvalidRegistrationStatus"),
  iamUserArn: {
    missing: "IamArnRequired",
    empty: "IamUserArnRequired",
    "too long": "InvalidIamUserArn",
    "bad characters": "InvalidIamUserArn",
    unknown: "InvalidIamUserArn",
  },
  status: { missing: "InvalidLifecycleEventHookExecutionStatus", ...all("InvalidLifecycleEventHookExecutionStatus") },
  tokenName: {
    missing: "GitHubAccountTokenNameRequired",
    empty: "GitHubAccountTokenNameRequired",
    unknown: "GitHubAccountTokenDoesNotExist",
    "too long": "InvalidGitHubAccountTokenName",
  },
  ResourceArn: {
    missing: "ResourceArnRequired",
    empty: "ResourceArnRequired",
    "too long": "InvalidArn",
    "bad characters": "InvalidArn",
    unknown: "InvalidArn",
  },
  Tags: { missing: "TagRequired", empty: "TagRequired" },
  TagKeys: { missing: "TagRequired", empty: "TagRequired" },
};

interface Attempt {
  readonly path: string;
  readonly member: string;
  readonly kind: Kind;
  readonly input: Json;
}

const badText: Readonly<Partial<Record<Kind, string>>> = {
  empty: "",
  "too long": "x".repeat(5000),
  "bad characters": "bad\u0000 name!",
  unknown: "Bogus",
};

/** Every bad form of every value in an input, one at a time. */
function* attempts(value: Json, path: string, member: string): Generator<Attempt> {
  const wrong = typeof value === "object" && value !== null && !Array.isArray(value) ? [] : { wrong: true };
  if (path !== "") yield { path, member, kind: "wrong type", input: wrong };
  if (typeof value === "string")
    for (const [kind, input] of Object.entries(badText)) yield { path, member, kind: kind as Kind, input }; // the names of the table above
  if (typeof value === "number") for (const input of [-1, 1.5, 1e300]) yield { path, member, kind: "unknown", input };
  if (isList(value)) {
    yield { path, member, kind: "empty", input: [] };
    for (const [index, item] of value.entries())
      for (const attempt of attempts(item, `${path}[${index}]`, member))
        yield { ...attempt, input: value.with(index, attempt.input) };
  } else if (typeof value === "object" && value !== null)
    for (const [name, item] of Object.entries(value)) {
      const { [name]: _left, ...others } = value;
      yield { path: `${path}.${name}`, member: name, kind: "missing", input: others };
      for (const attempt of attempts(item, `${path}.${name}`, name))
        yield { ...attempt, input: { ...value, [name]: attempt.input } };
    }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The surroundings of one attempt: an application of its own, with groups of both types and a deployment in progress. */
interface Scene {
  readonly number: number;
  readonly deploymentId: string;
}

async function newScene(sluice: ApiFixture, number: number): Promise<Scene> {
  const group = { applicationName: "shop", serviceRoleArn };
  const revision = s3Revision("a.zip");
  const setup: readonly (readonly [operation: string, input: Json])[] = [
    ["CreateApplication", { applicationName: "shop" }],
    ["CreateDeploymentGroup", { ...group, deploymentGroupName: "prod" }],
    ["CreateDeploymentGroup", { ...group, deploymentGroupName: "green", ...groupSettings }],
    ["CreateDeployment", { applicationName: "shop", deploymentGroupName: "prod", revision }],
  ];
  const empty = { number, deploymentId: "" };
  let text = "";
  for (const [operation, input] of setup) {
    const answer = await sluice.raw(operation, inScene(empty, input));
    assert.equal(answer.fault, undefined, operation);
    text = answer.text;
  }
  const { deploymentId } = JSON.parse(text) as { deploymentId: string };
  await sluice.plant(deploymentId, { status: "InProgress", startTime: sluice.now });
  return { number, deploymentId };
}

/** Returns an input with the names of a scene. */
function inScene({ number, deploymentId }: Scene, input: Json): unknown {
  const text = JSON.stringify(input).replaceAll(/"(shop|rack-2|half|new|Bogus)"/g, `"$1-${number}"`);
  return JSON.parse(text.replaceAll(placeholder, deploymentId));
}

test("every kind of bad value for every member meets the fault that AWS names", async (t) => {
  const { operations } = serviceModel("codedeploy");
  assert.deepEqual(Object.keys(goodInputs).toSorted(), [...operations.keys()].toSorted());
  const sluice = await openApi(t);
  const rack = { instanceName: "rack-1", iamUserArn: "arn:aws:iam::123456789012:user/rack-1" };
  await sluice.raw("RegisterOnPremisesInstance", rack);
  await sluice.store.write(() => sluice.store.githubTokens.put({ name: "octocat", sealed: "secret" }));
  let scene = await newScene(sluice, 0);

  const findings: string[] = [];
  let [sent, met] = [0, 0];
  for (const operation of operations.keys()) {
    const documented = documentedFaults.get(operation) ?? new Set();
    for (const { path, member, kind, input } of attempts(goodInputs[operation] ?? {}, "", "")) {
      const { status, fault } = await sluice.raw(operation, inScene(scene, input));
      // What the request has changed nevertheless must not affect the next attempt.
      if (fault === undefined && !/^(Get|List|BatchGet)/.test(operation))
        scene = await newScene(sluice, scene.number + 1);
      const want = kind === "wrong type" ? "Serialization" : wanted[member]?.[kind];
      const isWanted = want === "Serialization" || (documented.has(want ?? "") && !isOptional(operation, path, kind));
      sent += 1;
      met += isWanted ? 1 : 0;
      const about = `${operation}${path} ${kind}: ${status} ${fault ?? "succeeded"}`;
      if (isWanted && fault !== want) findings.push(`${about}, and ${want} is wanted`);
      if (fault !== undefined && fault !== "Serialization" && !documented.has(fault))
        findings.push(`${about}, which AWS does not list for it`);
    }
  }

  assert.equal(findings.length, 0, findings.join("\n"));
  assert(met > 400, `${met} of ${sent} bad inputs have a fault that is named in advance`);
});

/** Members that are optional, although members of this name are required elsewhere. */
function isOptional(operation: string, path: string, kind: Kind): boolean {
  const optional: Readonly<Record<string, readonly string[]>> = {
    ListDeployments: [".applicationName", ".deploymentGroupName"],
    UpdateDeploymentGroup: [".serviceRoleArn", ".newDeploymentGroupName", ".deploymentConfigName"],
    CreateDeploymentGroup: [".deploymentConfigName"],
    CreateDeployment: [".deploymentConfigName"],
  };
  return kind === "missing" && (optional[operation]?.includes(path) ?? false);
}
