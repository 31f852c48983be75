import type { Operation } from "@sluice/aws-protocol";
import { batchOfHundred, batchOfTwentyFive, descriptionCharactersMax, quotas } from "../../limits.ts";
import { fault } from "../../faults.ts";

/** How one member is checked, whatever input has it (api.md §2.1). Faults are named without `Exception`. */
interface MemberCheck {
  /** The fault for a member that is missing or empty where it is needed. */
  readonly required?: string | undefined;
  /** The fault for a text or a list item that does not have the form. */
  readonly invalid?: readonly [name: string, form: RegExp, wanted: string] | undefined;
  readonly values?: readonly [name: string, values: readonly string[]] | undefined;
  readonly itemsMax?: readonly [name: string, most: number] | undefined;
  readonly charactersMax?: readonly [name: string, most: number] | undefined;
  /** An empty text is missing where the member is needed, and has a bad form elsewhere. */
  readonly isInvalidWhenEmpty?: true | undefined;
}

const nameForm = /^[A-Za-z0-9._+=,@-]{1,100}$/;
const nameWanted = "1 to 100 letters, digits and . _ + = , @ -";
const named = (noun: string): MemberCheck => ({
  required: `${noun}NameRequired`,
  invalid: [`Invalid${noun}Name`, nameForm, nameWanted],
});
const deploymentId: MemberCheck = {
  required: "DeploymentIdRequired",
  invalid: ["InvalidDeploymentId", /^d-[A-Z0-9]{9}$/, '"d-" and nine capital letters or digits'],
};
const targetId: MemberCheck = {
  required: "DeploymentTargetIdRequired",
  invalid: [
    "InvalidDeploymentTargetId",
    /^[A-Za-z0-9+=,.@_:/-]{1,256}$/,
    "an instance id, the name of an on-premises instance or of a function, or a cluster and a service",
  ],
};
const instanceId: MemberCheck = {
  required: "InstanceIdRequired",
  invalid: ["InvalidInstanceName", /^[A-Za-z0-9+=,.@_:-]{1,200}$/, "an instance id or name"],
};
/** Ids of EC2 instances are no names for on-premises ones. */
const instanceName: MemberCheck = {
  required: "InstanceNameRequired",
  invalid: [
    "InvalidInstanceName",
    /^(?!i-)[A-Za-z0-9+=,.@_-]{1,100}$/,
    'a name of 1 to 100 letters, digits and + = , . @ _ - that does not begin with "i-"',
  ],
};

const checks: Readonly<Record<string, MemberCheck>> = {
  applicationName: named("Application"),
  applicationNames: { ...named("Application"), itemsMax: ["BatchLimitExceeded", batchOfHundred] },
  newApplicationName: named("Application"),
  deploymentGroupName: named("DeploymentGroup"),
  deploymentGroupNames: { ...named("DeploymentGroup"), itemsMax: ["BatchLimitExceeded", batchOfHundred] },
  currentDeploymentGroupName: named("DeploymentGroup"),
  newDeploymentGroupName: named("DeploymentGroup"),
  deploymentConfigName: { ...named("DeploymentConfig"), isInvalidWhenEmpty: true },
  deploymentId,
  deploymentIds: { ...deploymentId, itemsMax: ["BatchLimitExceeded", batchOfHundred] },
  targetId,
  targetIds: { ...targetId, itemsMax: ["DeploymentTargetListSizeExceeded", batchOfTwentyFive] },
  instanceId,
  instanceIds: { ...instanceId, itemsMax: ["BatchLimitExceeded", batchOfTwentyFive] },
  instanceName,
  instanceNames: instanceName,
  iamUserArn: {
    required: "IamUserArnRequired",
    invalid: ["InvalidIamUserArn", /^arn:aws[a-z-]*:iam::\d{12}:user\/[\w+=,.@/-]{1,512}$/, "the ARN of a user"],
  },
  iamSessionArn: {
    invalid: [
      "InvalidIamSessionArn",
      /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/[\w+=,.@-]{1,64}\/[\w+=,.@-]{2,64}$/,
      "the ARN of a role's session",
    ],
  },
  registrationStatus: { values: ["InvalidRegistrationStatus", ["Registered", "Deregistered"]] },
  revision: { required: "RevisionRequired" },
  revisions: { required: "RevisionRequired", itemsMax: ["BatchLimitExceeded", batchOfTwentyFive] },
  serviceRoleArn: {
    required: "RoleRequired",
    invalid: ["InvalidRole", /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, "the ARN of a role"],
    isInvalidWhenEmpty: true,
  },
  description: { charactersMax: ["DescriptionTooLong", descriptionCharactersMax] },
  computePlatform: { values: ["InvalidComputePlatform", ["Server", "Lambda", "ECS"]] },
  fileExistsBehavior: { values: ["InvalidFileExistsBehavior", ["DISALLOW", "OVERWRITE", "RETAIN"]] },
  outdatedInstancesStrategy: { values: ["InvalidInput", ["UPDATE", "IGNORE"]] },
  deploymentMode: { values: ["InvalidInput", ["STANDARD", "RESTART"]] },
  deploymentWaitType: { values: ["InvalidDeploymentWaitType", ["READY_WAIT", "TERMINATION_WAIT"]] },
  lifecycleEventHookExecutionId: {
    required: "InvalidLifecycleEventHookExecutionId",
    invalid: ["InvalidLifecycleEventHookExecutionId", /^[\w:./=+-]{1,512}$/, "the id that the hook was invoked with"],
  },
  status: {
    required: "InvalidLifecycleEventHookExecutionStatus",
    values: ["InvalidLifecycleEventHookExecutionStatus", ["Succeeded", "Failed"]],
  },
  sortBy: { values: ["InvalidSortBy", ["registerTime", "firstUsedTime", "lastUsedTime"]] },
  sortOrder: { values: ["InvalidSortOrder", ["ascending", "descending"]] },
  deployed: { values: ["InvalidDeployedStateFilter", ["include", "exclude", "ignore"]] },
  s3Bucket: { invalid: ["InvalidBucketNameFilter", /^[a-z0-9][a-z0-9.-]{2,62}$/, "the name of a bucket"] },
  s3KeyPrefix: { invalid: ["InvalidKeyPrefixFilter", /^[^\u0000]{1,1024}$/su, "the beginning of a key"] },
  includeOnlyStatuses: {
    values: [
      "InvalidDeploymentStatus",
      ["Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"],
    ],
  },
  instanceStatusFilter: {
    values: ["InvalidInstanceStatus", ["Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Unknown", "Ready"]],
  },
  instanceTypeFilter: { values: ["InvalidInstanceType", ["Blue", "Green"]] },
  tokenName: {
    required: "GitHubAccountTokenNameRequired",
    invalid: ["InvalidGitHubAccountTokenName", /^[A-Za-z0-9._+=,@ -]{1,100}$/, nameWanted],
  },
  ResourceArn: { required: "ResourceArnRequired", charactersMax: ["InvalidArn", 1011] },
  Tags: { required: "TagRequired" },
  TagKeys: { required: "TagRequired", charactersMax: ["InvalidTagsToAdd", 128] },
};

/** Checks that one operation has and others with the same member do not. */
const ownChecks: Readonly<Record<string, Readonly<Record<string, MemberCheck>>>> = {
  AddTagsToOnPremisesInstances: onPremisesTags(),
  RemoveTagsFromOnPremisesInstances: onPremisesTags(),
  BatchGetOnPremisesInstances: { instanceNames: { ...instanceName, itemsMax: ["BatchLimitExceeded", batchOfHundred] } },
  // Names and ids of what may be anywhere: the operation lists no fault, and what is unknown is not there.
  DeleteResourcesByExternalId: { externalId: {} },
  ListDeployments: {
    externalId: { invalid: ["InvalidExternalId", /^[\w+=,.@:/-]{1,1024}$/, "the id of a stack"] },
  },
};

function onPremisesTags(): Readonly<Record<string, MemberCheck>> {
  return {
    tags: { required: "TagRequired" },
    instanceNames: { ...instanceName, itemsMax: ["InstanceLimitExceeded", quotas.onPremisesInstancesPerCall] },
  };
}

/** Members that an operation needs although the model calls them optional. */
const alsoRequired: Readonly<Record<string, readonly string[]>> = {
  ContinueDeployment: ["deploymentId"],
  CreateDeployment: ["deploymentGroupName"],
  SkipWaitTimeForInstanceTermination: ["deploymentId"],
  PutLifecycleEventHookExecutionStatus: ["deploymentId", "lifecycleEventHookExecutionId", "status"],
  UpdateApplication: ["applicationName", "newApplicationName"],
  GetDeploymentTarget: ["targetId"],
  BatchGetDeploymentTargets: ["targetIds"],
  DeleteGitHubAccountToken: ["tokenName"],
};

/** Checks the members of an input: what is required first, then forms (api.md §2.1). Throws the fault that names the member. */
export function checkMembers(input: Readonly<Record<string, unknown>>, { name, input: shape }: Operation): void {
  if (shape.kind !== "structure") return;
  const rows = shape.members.map((member) => ({
    member: member.name,
    isNeeded: member.required || (alsoRequired[name]?.includes(member.name) ?? false),
    check: ownChecks[name]?.[member.name] ?? checks[member.name],
    value: input[member.name],
  }));
  for (const { member, isNeeded, check, value } of rows) {
    if (check?.required === undefined) continue;
    const isMissing = isNeeded ? value === undefined || isEmpty(value) : isEmpty(value) && !check.isInvalidWhenEmpty;
    if (isMissing) throw fault(check.required, `The member "${member}" is missing or empty`);
  }
  for (const { member, check, value } of rows)
    if (check !== undefined && value !== undefined) checkForm(member, check, value);
}

/** Rejects lists that are too long, before permissions are checked for each of their items. */
export function checkListLengths(input: Readonly<Record<string, unknown>>, { name, input: shape }: Operation): void {
  if (shape.kind !== "structure") return;
  for (const { name: member } of shape.members) {
    const value = input[member];
    const check = ownChecks[name]?.[member] ?? checks[member];
    if (Array.isArray(value) && check !== undefined) checkLength(member, check, value);
  }
}

const isEmpty = (value: unknown): boolean => value === "" || (Array.isArray(value) && value.length === 0);

function checkLength(member: string, { itemsMax }: MemberCheck, items: readonly unknown[]): void {
  if (itemsMax !== undefined && items.length > itemsMax[1])
    throw fault(itemsMax[0], `"${member}" has ${items.length} items, and at most ${itemsMax[1]} are allowed`);
}

function checkForm(member: string, { invalid, values, charactersMax, required }: MemberCheck, value: unknown): void {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const item of items) {
    if (item === "" && Array.isArray(value) && required !== undefined)
      throw fault(required, `"${member}" has an empty item`);
    if (typeof item !== "string") continue;
    if (invalid !== undefined && !invalid[1].test(item))
      throw fault(invalid[0], `"${member}" is "${item.slice(0, 120)}", and must be ${invalid[2]}`);
    if (values !== undefined && !values[1].includes(item))
      throw fault(values[0], `"${member}" is "${item.slice(0, 120)}", and must be one of ${values[1].join(", ")}`);
    if (charactersMax !== undefined && item.length > charactersMax[1])
      throw fault(
        charactersMax[0],
        `"${member}" has ${item.length} characters, and at most ${charactersMax[1]} are allowed`,
      );
  }
}
