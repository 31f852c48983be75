// Writes packages/aws-protocol/src/tables/*.json: the shapes of the operations we serve, read off the schemas that AWS's SDK packages export.
// Run it with `npm run generate` after an SDK upgrade; a test proves that running it again changes nothing.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** How the SDK's schemas say "a list of strings". */
const listOfText = 64;

/** What is taken from which package. `operations` absent means all. */
const plan = {
  codedeploy: { package: "codedeploy", protocol: "json", version: "2014-10-06", targetPrefix: "CodeDeploy_20141006" },
  ec2: {
    package: "ec2",
    protocol: "ec2",
    version: "2016-11-15",
    xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/",
    operations:
      "RunInstances DescribeInstances DescribeInstanceStatus TerminateInstances StopInstances StartInstances RebootInstances CreateTags DeleteTags DescribeTags DescribeImages DescribeVpcs DescribeSubnets DescribeAvailabilityZones DescribeRegions DescribeSecurityGroups DescribeInstanceTypes DescribeInstanceAttribute DescribeKeyPairs DescribeVolumes GetConsoleOutput CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions DescribeLaunchTemplates DescribeLaunchTemplateVersions CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress DescribeSecurityGroupRules CreateKeyPair ImportKeyPair DeleteKeyPair ModifyInstanceAttribute ModifyInstanceMetadataOptions DescribeRouteTables DescribeInternetGateways DescribeNetworkInterfaces DescribeAccountAttributes DescribeIamInstanceProfileAssociations AssociateIamInstanceProfile DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
  },
  ecr: {
    package: "ecr",
    protocol: "json",
    version: "2015-09-21",
    targetPrefix: "AmazonEC2ContainerRegistry_V20150921",
    operations:
      "CreateRepository DescribeRepositories DeleteRepository GetAuthorizationToken PutImage BatchGetImage BatchDeleteImage ListImages DescribeImages PutImageTagMutability SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy TagResource UntagResource ListTagsForResource",
  },
  s3: {
    package: "s3",
    protocol: "rest-xml",
    version: "2006-03-01",
    xmlns: "http://s3.amazonaws.com/doc/2006-03-01/",
    operations:
      "CreateBucket DeleteBucket HeadBucket ListBuckets GetBucketLocation GetBucketVersioning PutBucketVersioning ListObjects ListObjectsV2 ListObjectVersions PutObject GetObject HeadObject CopyObject DeleteObject DeleteObjects CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload ListParts ListMultipartUploads",
  },
  sts: {
    package: "sts",
    protocol: "query",
    version: "2011-06-15",
    xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: "GetCallerIdentity AssumeRole GetSessionToken GetAccessKeyInfo",
  },
  lambda: {
    package: "lambda",
    protocol: "rest-json",
    version: "2015-03-31",
    operations:
      "CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction ListFunctions Invoke PublishVersion ListVersionsByFunction CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig ListFunctionUrlConfigs AddPermission RemovePermission GetPolicy PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig ListProvisionedConcurrencyConfigs PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig ListTags TagResource UntagResource GetAccountSettings",
  },
  cloudwatch: {
    package: "cloudwatch",
    protocol: "query",
    version: "2010-08-01",
    targetPrefix: "GraniteServiceVersion20100801",
    xmlns: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    operations:
      "DescribeAlarms PutMetricAlarm SetAlarmState DeleteAlarms PutMetricData GetMetricStatistics GetMetricData ListMetrics EnableAlarmActions DisableAlarmActions DescribeAlarmHistory",
  },
  "auto-scaling": {
    package: "auto-scaling",
    protocol: "query",
    version: "2011-01-01",
    xmlns: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
  },
  "load-balancing": {
    package: "elastic-load-balancing-v2",
    protocol: "query",
    version: "2015-12-01",
    xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    operations:
      "CreateTargetGroup ModifyTargetGroup DescribeTargetGroups DeleteTargetGroup ModifyTargetGroupAttributes DescribeTargetGroupAttributes RegisterTargets DeregisterTargets DescribeTargetHealth CreateLoadBalancer DescribeLoadBalancers DeleteLoadBalancer DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups SetIpAddressType CreateListener ModifyListener DescribeListeners DeleteListener DescribeListenerAttributes ModifyListenerAttributes AddListenerCertificates RemoveListenerCertificates DescribeListenerCertificates CreateRule ModifyRule DescribeRules DeleteRule SetRulePriorities AddTags RemoveTags DescribeTags DescribeAccountLimits DescribeSSLPolicies",
  },
  "classic-load-balancing": {
    package: "elastic-load-balancing",
    protocol: "query",
    version: "2012-06-01",
    xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
    operations:
      "CreateLoadBalancer DeleteLoadBalancer DescribeLoadBalancers DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes ConfigureHealthCheck RegisterInstancesWithLoadBalancer DeregisterInstancesFromLoadBalancer DescribeInstanceHealth CreateLoadBalancerListeners DeleteLoadBalancerListeners AddTags RemoveTags DescribeTags",
  },
  ecs: {
    package: "ecs",
    protocol: "json",
    version: "2014-11-13",
    targetPrefix: "AmazonEC2ContainerServiceV20141113",
    operations:
      "CreateCluster DeleteCluster DescribeClusters ListClusters UpdateCluster UpdateClusterSettings PutClusterCapacityProviders DescribeCapacityProviders RegisterTaskDefinition DeregisterTaskDefinition DeleteTaskDefinitions DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies CreateService UpdateService DeleteService DescribeServices ListServices CreateTaskSet UpdateTaskSet DeleteTaskSet DescribeTaskSets UpdateServicePrimaryTaskSet RunTask StopTask DescribeTasks ListTasks ExecuteCommand TagResource UntagResource ListTagsForResource ListContainerInstances DescribeContainerInstances",
  },
  iam: {
    package: "iam",
    protocol: "query",
    version: "2010-05-08",
    xmlns: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations:
      "CreateRole GetRole ListRoles DeleteRole UpdateRole UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy CreateInstanceProfile GetInstanceProfile ListInstanceProfiles ListInstanceProfilesForRole DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile CreateUser GetUser ListUsers DeleteUser UpdateUser CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion SetDefaultPolicyVersion ListEntitiesForPolicy UploadServerCertificate GetServerCertificate ListServerCertificates DeleteServerCertificate TagRole UntagRole ListRoleTags TagUser UntagUser ListUserTags CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupsForUser AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies PutGroupPolicy GetGroupPolicy ListGroupPolicies DeleteGroupPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary PutRolePermissionsBoundary DeleteRolePermissionsBoundary SimulatePrincipalPolicy",
  },
  sns: {
    package: "sns",
    protocol: "query",
    version: "2010-03-31",
    xmlns: "https://sns.amazonaws.com/doc/2010-03-31/",
    operations:
      "CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes Subscribe ConfirmSubscription Unsubscribe ListSubscriptions ListSubscriptionsByTopic GetSubscriptionAttributes SetSubscriptionAttributes Publish PublishBatch TagResource UntagResource ListTagsForResource",
  },
  ssm: {
    package: "ssm",
    protocol: "json",
    version: "2014-11-06",
    targetPrefix: "AmazonSSM",
    operations: "GetParameter GetParameters GetParametersByPath PutParameter DeleteParameter DescribeParameters",
  },
  logs: {
    package: "cloudwatch-logs",
    protocol: "json",
    version: "2014-03-28",
    targetPrefix: "Logs_20140328",
    operations:
      "CreateLogGroup DeleteLogGroup DescribeLogGroups CreateLogStream DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents PutRetentionPolicy",
  },
} satisfies Record<
  string,
  { package: string; protocol: string; version: string; operations?: string; targetPrefix?: string; xmlns?: string }
>;

/** Members and faults that AWS has and the pinned SDK has not (api.md §10), by service. A test asks for their removal once the SDK has them. */
export const newer: Readonly<Record<string, Newer>> = {
  codedeploy: {
    structures: { EC2DeploymentOptions: { autoScalingGroupProcessesToSuspend: listOfText } },
    members: {
      CreateDeploymentGroupInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      UpdateDeploymentGroupInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      CreateDeploymentInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      DeploymentGroupInfo: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      DeploymentInfo: { ec2DeploymentOptions: "EC2DeploymentOptions" },
    },
    errors: ["InvalidAutoScalingGroupProcessToSuspendException"],
  },
};

/** What the SDK will have: structures of simple members, and the structures that have these. */
interface Newer {
  readonly structures: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly errors: readonly string[];
}

/** Bits of a schema's numeric traits. */
const traitBits = [
  "httpLabel",
  "idempotent",
  "idempotencyToken",
  "sensitive",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
];

/** Traits that a codec or a router reads; the SDK carries more. */
const traitsKept = new Set([
  ...[
    "httpLabel",
    "httpPayload",
    "httpResponseCode",
    "httpQueryParams",
    "httpQuery",
    "httpHeader",
    "httpPrefixHeaders",
  ],
  ...["xmlName", "xmlFlattened", "xmlAttribute", "xmlNamespace", "ec2QueryName", "jsonName"],
]);

const simpleKinds: Readonly<Record<number, string>> = {
  ...{ 0: "string", 1: "number", 2: "boolean", 4: "timestamp", 5: "timestamp-date-time", 6: "timestamp-http-date" },
  ...{ 7: "timestamp-epoch-seconds", 15: "document", 17: "number", 19: "number", 21: "blob", 42: "stream" },
};

/** Members whose numbers need not be whole, with their structure where others of the name are whole. The SDK's schemas do not tell; AWS's models do. */
const fractions = new Set(
  "AggregateValue Average BreachThreshold BaselineBandwidthInGbps BaselineThroughputInMBps EffectiveCapacityUnits Max Maximum MaximumThroughputInMBps MetricIntervalLowerBound MetricIntervalUpperBound MetricValue Min Minimum PeakBandwidthInGbps SampleCount Scale.value Sum SustainedClockSpeedInGhz TargetValue Threshold Value targetVersionWeight trafficWeight".split(
    " ",
  ),
);

type Traits = Record<string, unknown>;
type Reference = [shape: number, traits?: Traits];

/** The tables of every service of the plan, by name, as the text of their files. */
export async function generateTables(): Promise<ReadonlyMap<string, string>> {
  const tables = new Map<string, string>();
  for (const [name, service] of Object.entries(plan)) tables.set(name, await tableOf(service, newer[name]));
  return tables;
}

async function tableOf(
  { package: packageName, operations, ...head }: (typeof plan)[keyof typeof plan] & { operations?: string },
  more: Newer | undefined,
): Promise<string> {
  const sdk = (await import(`@aws-sdk/client-${packageName}`)) as Record<string, unknown>; // its exports ending in $ are schemas
  const shapes = new ShapeTable(more);
  const names = operations?.split(" ") ?? schemaNames(sdk, 9);
  const operationRows = names.map((operation) => {
    const [, , , traits, input, output] = schemaOf(sdk, operation);
    const http = traitsOf(traits)["http"];
    return [
      operation,
      [shapes.reference(input)[0], shapes.reference(output)[0], ...(http === undefined ? [] : [http])],
    ];
  });
  const errors = schemaNames(sdk, -3).map((error) => {
    const traits = traitsOf(schemaOf(sdk, error)[3]);
    const query = traits["awsQueryError"] as [code: string, status: number] | undefined;
    return [
      error,
      [query?.[0] ?? error, traits["httpError"] ?? query?.[1] ?? (traits["error"] === "server" ? 500 : 400)],
    ];
  });
  const table = {
    generatedBy: "npm run generate (scripts/generate-shapes.ts)",
    ...head,
    operations: Object.fromEntries(operationRows),
    errors: Object.fromEntries([...errors, ...(more?.errors ?? []).map((error) => [error, [error, 400]])]),
  };
  // One shape a line: an SDK upgrade shows as a diff of the shapes that changed.
  const rows = shapes.rows.map((row) => JSON.stringify(row)).join(",\n");
  return `${JSON.stringify(table).slice(0, -1)},"shapes":[\n${rows}\n]}\n`;
}

function schemaNames(sdk: Record<string, unknown>, kind: number): string[] {
  return Object.entries(sdk)
    .filter(
      ([name, schema]) =>
        name.endsWith("$") && Array.isArray(schema) && schema[0] === kind && (kind !== -3 || schema[3]),
    )
    .map(([name]) => name.slice(0, -1));
}

function schemaOf(sdk: Record<string, unknown>, name: string): unknown[] {
  const schema = sdk[`${name}$`];
  if (!Array.isArray(schema))
    throw new Error(`Cannot find the schema of ${name}: the package does not export "${name}$"`);
  return schema;
}

function traitsOf(traits: unknown): Traits {
  if (typeof traits === "object" && traits !== null) return traits as Traits;
  return Object.fromEntries(traitBits.filter((_, bit) => (Number(traits) >> bit) & 1).map((name) => [name, 1]));
}

function kept(traits: Traits): Traits {
  return Object.fromEntries(Object.entries(traits).filter(([name]) => traitsKept.has(name)));
}

/** Numbers shapes in the order in which they are first met. */
class ShapeTable {
  readonly rows: unknown[] = [];
  readonly #numbers = new Map<unknown, number>();
  readonly #newer: Newer | undefined;
  readonly #structures = new Map<string, unknown>();

  constructor(newer: Newer | undefined) {
    this.#newer = newer;
  }

  /** A reference to a schema, as a member, a list's item or an operation's input makes it. */
  reference(schema: unknown): Reference {
    let target = schema;
    let traits: Traits = {};
    for (;;) {
      if (typeof target === "function") target = target();
      else if (Array.isArray(target) && target.length === 2) {
        traits = { ...kept(traitsOf(target[1])), ...traits };
        target = target[0];
      } else break;
    }
    const number = this.#number(target);
    return Object.keys(traits).length > 0 ? [number, traits] : [number];
  }

  #member(structure: string, name: string, schema: unknown): Reference {
    const [number, traits] = this.reference(schema);
    const isNamed = fractions.has(name) || fractions.has(`${structure}.${name}`);
    const isFraction = isNamed && (this.rows[number] as readonly unknown[] | null)?.[0] === "number";
    if (isFraction) return [number, { ...traits, fraction: 1 }];
    return traits === undefined ? [number] : [number, traits];
  }

  #number(schema: unknown): number {
    const known = this.#numbers.get(schema);
    if (known !== undefined) return known;
    const number = this.rows.push(null) - 1;
    this.#numbers.set(schema, number);
    this.rows[number] = this.#row(schema);
    return number;
  }

  #row(schema: unknown): unknown {
    if (typeof schema === "string") return ["unit"];
    if (typeof schema === "number") {
      if (schema >= 128) return ["map", "", {}, this.reference(0), this.reference(schema & 63)];
      if (schema >= 64) return ["list", "", {}, this.reference(schema & 63)];
      return [simpleKinds[schema] ?? "string"];
    }
    const [kind, , name, traits, first, second, required = 0] = schema as [
      number,
      string,
      string,
      unknown,
      unknown,
      unknown,
      number?,
    ];
    const own = kept(traitsOf(traits));
    if (kind === 0) return [simpleKinds[Number(first)] ?? "string", name, own];
    if (kind === 1) return ["list", name, own, this.reference(first)];
    if (kind === 2) return ["map", name, own, this.reference(first), this.reference(second)];
    const members = (first as string[]).map((member, index) => [
      member,
      this.#member(name, member, (second as unknown[])[index]),
      ...(index < required ? [1] : []),
    ]);
    const added = Object.entries(this.#newer?.members[name] ?? {}).map(([member, structure]) => [
      member,
      this.reference(this.#newStructure(structure)),
    ]);
    return ["structure", name, own, [...members, ...added]];
  }

  /** A structure that the SDK has not, as a schema of its own form: the same one each time it is met. */
  #newStructure(name: string): unknown {
    const members = this.#newer?.structures[name] ?? {};
    const schema = this.#structures.get(name) ?? [3, "", name, 0, Object.keys(members), Object.values(members)];
    this.#structures.set(name, schema);
    return schema;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const [name, text] of await generateTables())
    writeFileSync(new URL(`../packages/aws-protocol/src/tables/${name}.json`, import.meta.url), text);
