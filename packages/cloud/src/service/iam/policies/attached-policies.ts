import { type IamContext, type IamOperations, limit, noSuch } from "../context.ts";
import { findPolicy } from "./managed-policies.ts";
import { change, group, type Owner, role, user } from "../owners.ts";
import { page } from "../pagination.ts";

/** Managed policies of one role, group or user, and the name of that quota: IAM's limit. */
const attachedMax = 10;
const quotaNames = { role: "Role", group: "Group", user: "User" } as const;

/** Operations that attach managed policies to roles, groups and users. */
export const attachedPolicyOperations: IamOperations = {
  AttachRolePolicy: (context, { RoleName, PolicyArn }) => attach(context, role(context, RoleName), PolicyArn),
  AttachGroupPolicy: (context, { GroupName, PolicyArn }) => attach(context, group(context, GroupName), PolicyArn),
  AttachUserPolicy: (context, { UserName, PolicyArn }) => attach(context, user(context, UserName), PolicyArn),

  DetachRolePolicy: (context, { RoleName, PolicyArn }) => detach(context, role(context, RoleName), PolicyArn),
  DetachGroupPolicy: (context, { GroupName, PolicyArn }) => detach(context, group(context, GroupName), PolicyArn),
  DetachUserPolicy: (context, { UserName, PolicyArn }) => detach(context, user(context, UserName), PolicyArn),

  ListAttachedRolePolicies: (context, { RoleName, ...place }) => list(context, role(context, RoleName), place),
  ListAttachedGroupPolicies: (context, { GroupName, ...place }) => list(context, group(context, GroupName), place),
  ListAttachedUserPolicies: (context, { UserName, ...place }) => list(context, user(context, UserName), place),
};

function attach(context: IamContext, owner: Owner, arn = ""): void {
  if (findPolicy(context.records, arn) === undefined)
    throw noSuch(`Policy ${arn} does not exist or is not attachable.`);
  const { attached } = owner.record;
  if (attached.includes(arn)) return;
  if (attached.length >= attachedMax)
    throw limit(`Cannot exceed quota for PoliciesPer${quotaNames[owner.kind]}: ${attachedMax}`);
  change(context, owner, { attached: [...attached, arn] });
}

function detach(context: IamContext, owner: Owner, arn = ""): void {
  const { attached } = owner.record;
  if (!attached.includes(arn)) throw noSuch(`Policy ${arn} was not found.`);
  change(context, owner, { attached: attached.filter((other) => other !== arn) });
}

function list(
  { records }: IamContext,
  { record }: Owner,
  {
    PathPrefix = "/",
    ...place
  }: { PathPrefix?: string | undefined; Marker?: string | undefined; MaxItems?: number | undefined },
) {
  const policies = record.attached
    .flatMap((arn) => findPolicy(records, arn) ?? [])
    .filter(({ path }) => path.startsWith(PathPrefix));
  const { items, ...rest } = page(policies, place, ({ name }) => name);
  return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest };
}
