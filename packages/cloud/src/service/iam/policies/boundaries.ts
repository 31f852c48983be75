import { type IamContext, type IamOperations, noSuch, roleOf, userOf } from "../context.ts";
import { findPolicy } from "./managed-policies.ts";
import type { Principal } from "../records.ts";

/** Operations on permissions boundaries: what a user or a role may do at most. */
export const boundaryOperations: IamOperations = {
  PutUserPermissionsBoundary(context, { UserName, PermissionsBoundary }) {
    context.records.put("user", { ...userOf(context, UserName), ...boundary(context, PermissionsBoundary) });
  },
  PutRolePermissionsBoundary(context, { RoleName, PermissionsBoundary }) {
    context.records.put("role", { ...roleOf(context, RoleName), ...boundary(context, PermissionsBoundary) });
  },

  DeleteUserPermissionsBoundary(context, { UserName }) {
    const { boundary: _, ...user } = userOf(context, UserName);
    context.records.put("user", user);
  },
  DeleteRolePermissionsBoundary(context, { RoleName }) {
    const { boundary: _, ...role } = roleOf(context, RoleName);
    context.records.put("role", role);
  },
};

/** Returns a given boundary as a member; throws a Fault when there is no such managed policy. */
export function boundary({ records }: IamContext, arn: string | undefined): Pick<Principal, "boundary"> {
  if (arn === undefined) return {};
  if (findPolicy(records, arn) === undefined) throw noSuch(`Scope ARN: ${arn} does not exist or is not attachable.`);
  return { boundary: arn };
}

/** Returns a boundary as replies show it. */
export const shownBoundary = ({ boundary: arn }: Principal) =>
  arn === undefined
    ? undefined
    : { PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const, PermissionsBoundaryArn: arn };
