import { type Access, type AccessOf, defineService, type Service, serviceModel } from "@sluice/aws-protocol";
import { accessKeyOperations } from "./access-keys.ts";
import { attachedPolicyOperations } from "./attached-policies.ts";
import type { IamContext, IamOperations } from "./context.ts";
import { boundaryOperations } from "./boundaries.ts";
import { groupOperations } from "./groups.ts";
import { inlinePolicyOperations } from "./inline-policies.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { policyOperations } from "./policies.ts";
import { roleOperations } from "./roles.ts";
import { serverCertificateOperations } from "./server-certificates.ts";
import { simulateOperations } from "./simulate.ts";
import { tagOperations } from "./tags.ts";
import { userOperations } from "./users.ts";

export type { UserKeys } from "./context.ts";
export { instanceProfiles } from "./instance-profiles.ts";
export { findPolicy, versionOf } from "./managed-policies.ts";
export { parsed, type Permissions, permissionsOf, uniqueIdOf } from "./permissions.ts";
export { type PrivateCertificate, serverCertificates } from "./server-certificates.ts";
export { iamRecords, type IamRecords, type Role } from "./records.ts";

const operations: IamOperations = {
  ...accessKeyOperations,
  ...attachedPolicyOperations,
  ...boundaryOperations,
  ...groupOperations,
  ...inlinePolicyOperations,
  ...instanceProfileOperations,
  ...policyOperations,
  ...roleOperations,
  ...serverCertificateOperations,
  ...simulateOperations,
  ...tagOperations,
  ...userOperations,
};

/** IAM: users, roles, policies and instance profiles of this account. */
export function iamService(context: IamContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "iam",
    model: serviceModel("iam"),
    signingNames: ["iam"],
    operations,
    context,
    accesses: accessesOf(context),
    onDefect,
  });
}

/** What a request to IAM is about: the role, group, user, profile or policy that it names, by its ARN with the path that it has. */
function accessesOf({ records, accountId }: IamContext): AccessOf {
  return (operation, input, { principal }) => {
    const text = (member: string) => (typeof input[member] === "string" ? input[member] : undefined);
    const named = (kind: "role" | "group" | "user" | "profile", name: string) =>
      records.find(kind, name)?.arn ??
      `arn:aws:iam::${accountId}:${kind === "profile" ? "instance-profile" : kind}${text("Path") ?? "/"}${name}`;
    /** Who gives somebody another name needs the permission for both. */
    const renamed = (kind: "group" | "user", name: string, newName: string | undefined) => {
      const path = text("NewPath") ?? records.find(kind, name)?.path ?? "/";
      const isRenamed = newName !== undefined || text("NewPath") !== undefined;
      return isRenamed ? [{ resource: `arn:aws:iam::${accountId}:${kind}${path}${newName ?? name}` }] : [];
    };
    const [profile, role, user] = [text("InstanceProfileName"), text("RoleName"), text("UserName")];
    const group = text("GroupName");
    const [kind, name] = role === undefined ? (["user", user ?? ""] as const) : (["role", role] as const);
    const context = {
      "iam:PolicyARN": text("PolicyArn"),
      "iam:PermissionsBoundary": text("PermissionsBoundary") ?? records.find(kind, name)?.boundary,
    };
    if (profile !== undefined && role !== undefined && operation === "AddRoleToInstanceProfile")
      return [{ resource: named("profile", profile), context }, passed(named("role", role))];
    if (profile !== undefined) return [{ resource: named("profile", profile), context }];
    if (role !== undefined) return [{ resource: named("role", role), context }];
    if (group !== undefined)
      return [{ resource: named("group", group), context }, ...renamed("group", group, text("NewGroupName"))]; // also when a user joins it
    if (user !== undefined)
      return [{ resource: named("user", user), context }, ...renamed("user", user, text("NewUserName"))];
    const certificate = text("ServerCertificateName");
    if (certificate !== undefined) {
      const known = records.find("certificate", certificate)?.arn;
      const made = `arn:aws:iam::${accountId}:server-certificate${text("Path") ?? "/"}${certificate}`;
      return [{ resource: known ?? made, context }];
    }
    const arn = text("PolicyArn") ?? text("PolicySourceArn");
    if (arn !== undefined) return [{ resource: arn, context }];
    const policy = text("PolicyName");
    if (policy !== undefined)
      return [{ resource: `arn:aws:iam::${accountId}:policy${text("Path") ?? "/"}${policy}`, context }];
    return [{ resource: principal.arn.includes(":user/") && forOneself.has(operation) ? principal.arn : "*", context }];
  };
}

const passed = (role: string): Access => ({
  action: "iam:PassRole",
  resource: role,
  context: { "iam:PassedToService": "ec2.amazonaws.com" },
});

/** Operations that are about the caller when they name nobody. */
const forOneself = new Set(["GetUser", "CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"]);
