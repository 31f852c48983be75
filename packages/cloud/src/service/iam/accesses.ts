import {
  type Access,
  type AccessTable,
  type Call,
  onAnyResource,
  requestTags,
  resourceTags,
  type Tags,
  withTags,
} from "@sluice/aws-protocol";
import type { IamContext } from "./context.ts";
import { findPolicy } from "./policies/managed-policies.ts";

type Input = Readonly<Record<string, unknown>>;

/** The kinds of things that IAM has: how requests and ARNs name them, and the operations on them. */
const kinds = {
  role: {
    member: "RoleName",
    type: "role",
    operations: [
      "CreateRole",
      "GetRole",
      "DeleteRole",
      "UpdateRole",
      "UpdateAssumeRolePolicy",
      "AttachRolePolicy",
      "DetachRolePolicy",
      "ListAttachedRolePolicies",
      "PutRolePolicy",
      "GetRolePolicy",
      "ListRolePolicies",
      "DeleteRolePolicy",
      "ListInstanceProfilesForRole",
      "TagRole",
      "UntagRole",
      "ListRoleTags",
      "PutRolePermissionsBoundary",
      "DeleteRolePermissionsBoundary",
    ],
  },
  user: {
    member: "UserName",
    type: "user",
    operations: [
      "CreateUser",
      "GetUser",
      "DeleteUser",
      "CreateAccessKey",
      "ListAccessKeys",
      "UpdateAccessKey",
      "DeleteAccessKey",
      "AttachUserPolicy",
      "DetachUserPolicy",
      "ListAttachedUserPolicies",
      "PutUserPolicy",
      "GetUserPolicy",
      "ListUserPolicies",
      "DeleteUserPolicy",
      "TagUser",
      "UntagUser",
      "ListUserTags",
      "ListGroupsForUser",
      "PutUserPermissionsBoundary",
      "DeleteUserPermissionsBoundary",
    ],
  },
  group: {
    member: "GroupName",
    type: "group",
    operations: [
      "CreateGroup",
      "GetGroup",
      "DeleteGroup",
      "AttachGroupPolicy",
      "DetachGroupPolicy",
      "PutGroupPolicy",
      "ListAttachedGroupPolicies",
      "GetGroupPolicy",
      "ListGroupPolicies",
      "DeleteGroupPolicy",
    ],
  },
  profile: {
    member: "InstanceProfileName",
    type: "instance-profile",
    operations: [
      "CreateInstanceProfile",
      "GetInstanceProfile",
      "DeleteInstanceProfile",
      "RemoveRoleFromInstanceProfile",
    ],
  },
  certificate: {
    member: "ServerCertificateName",
    type: "server-certificate",
    operations: ["UploadServerCertificate", "GetServerCertificate", "DeleteServerCertificate"],
  },
} as const;

type Kind = keyof typeof kinds;

/** Operations on a managed policy, by its ARN. */
const ofPolicies = [
  "GetPolicy",
  "DeletePolicy",
  "CreatePolicyVersion",
  "GetPolicyVersion",
  "ListPolicyVersions",
  "DeletePolicyVersion",
  "SetDefaultPolicyVersion",
  "ListEntitiesForPolicy",
];

const listing = [
  "ListRoles",
  "ListInstanceProfiles",
  "ListUsers",
  "ListPolicies",
  "ListServerCertificates",
  "ListGroups",
];

/** What each request to IAM touches (its service authorization reference), by ARNs with the paths that things have. */
export function iamAccesses(context: IamContext): AccessTable {
  const rows = Object.entries(kinds).flatMap(([kind, { operations }]) =>
    operations.map((operation) => [
      operation,
      (input: Input, call: Call) => made(operation, named(context, kind as Kind, input) ?? oneself(call), input), // its keys
    ]),
  );
  return {
    ...onAnyResource(listing),
    ...Object.fromEntries(rows),
    ...Object.fromEntries(ofPolicies.map((operation) => [operation, (input: Input) => [policy(context, input)]])),
    ...memberships(context),
    ...renamings(context),
    AddRoleToInstanceProfile: (input) => [
      ...[named(context, "profile", input)].flatMap((access) => access ?? []),
      ...[named(context, "role", input)].flatMap((access) => (access === undefined ? [] : [passed(access)])),
    ],
    CreatePolicy: ({ PolicyName, Path, Tags }) =>
      withTags(
        {
          resource: `arn:aws:iam::${context.accountId}:policy${text(Path) ?? "/"}${text(PolicyName) ?? "*"}`,
          context: requestTags((Tags ?? []) as Tags), // decoded by IAM's own table
        },
        "iam:TagPolicy",
        Tags,
      ),
    SimulatePrincipalPolicy: ({ PolicySourceArn }) => [{ resource: text(PolicySourceArn) }],
  };
}

/** Creating something with tags needs the permission to tag, too: `CreateUser` needs `TagUser`. */
const made = (operation: string, access: Access, { Tags }: Input): readonly Access[] =>
  operation.startsWith("Create") ? withTags(access, operation.replace(/^Create/, "iam:Tag"), Tags) : [access];

/** What a request names, by its existing or its future ARN. */
function named(context: IamContext, kind: Kind, input: Input): Access | undefined {
  const { member, type } = kinds[kind];
  const name = text(input[member]);
  if (name === undefined) return undefined;
  const { records, accountId } = context;
  const found = records.find(kind, name);
  const boundary = found !== undefined && "boundary" in found ? found.boundary : undefined;
  const keys = [input["TagKeys"] ?? []].flat().filter((key): key is string => typeof key === "string");
  return {
    resource: found?.arn ?? `arn:aws:iam::${accountId}:${type}${text(input["Path"]) ?? "/"}${name}`,
    context: {
      ...resourceTags(found?.tags, "iam:ResourceTag"),
      ...requestTags((input["Tags"] ?? []) as Tags, keys), // decoded by IAM's own table
      "iam:PolicyARN": text(input["PolicyArn"]),
      "iam:PermissionsBoundary": text(input["PermissionsBoundary"]) ?? boundary,
    },
  };
}

/** A request without a name means the caller, if that is a user. */
const oneself = ({ principal }: Call): Access => ({
  resource: principal.arn.includes(":user/") ? principal.arn : "*",
});

function policy({ records }: IamContext, { PolicyArn }: Input): Access {
  const arn = text(PolicyArn);
  const found = arn === undefined ? undefined : findPolicy(records, arn);
  return { resource: arn, context: resourceTags(found?.tags, "iam:ResourceTag") };
}

/** AWS has memberships on the group. Unlike AWS: a Deny on the user who joins or leaves counts too. */
function memberships(context: IamContext): AccessTable {
  const row = (input: Input): readonly Access[] => {
    const user = named(context, "user", input)?.resource;
    const group = named(context, "group", input);
    return group === undefined ? [] : [{ ...group, also: user === undefined ? [] : [user] }];
  };
  return { AddUserToGroup: row, RemoveUserFromGroup: row };
}

/** As on AWS renaming needs the permission for both names, as policies may go by paths. */
function renamings(context: IamContext): AccessTable {
  const row =
    (kind: "user" | "group", newName: string) =>
    (input: Input): readonly Access[] => {
      const { member, type } = kinds[kind];
      const before = named(context, kind, input);
      const found = context.records.find(kind, text(input[member]) ?? "");
      if (before === undefined || found === undefined) return before === undefined ? [] : [before];
      const [path, name] = [text(input["NewPath"]) ?? found.path, text(input[newName]) ?? found.name];
      return [before, { ...before, resource: `arn:aws:iam::${context.accountId}:${type}${path}${name}` }];
    };
  return { UpdateUser: row("user", "NewUserName"), UpdateGroup: row("group", "NewGroupName") };
}

const passed = ({ resource }: Access): Access => ({
  action: "iam:PassRole",
  resource,
  context: { "iam:PassedToService": "ec2.amazonaws.com" },
});

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
