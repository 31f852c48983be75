import { checkDocument, checkName, checkSize, encoded, type IamContext, type IamOperations } from "../context.ts";
import { change, group, inlineOf, type Owner, role, user } from "../owners.ts";
import { page } from "../pagination.ts";

/** Characters of all inline policies of one owner, without white space: IAM's own limits. */
const charactersMax = { role: 10_240, group: 5120, user: 2048 } as const;

/** Operations on the inline policies of roles, groups and users. */
export const inlinePolicyOperations: IamOperations = {
  PutRolePolicy: (context, { RoleName, ...policy }) => put(context, role(context, RoleName), policy),
  PutGroupPolicy: (context, { GroupName, ...policy }) => put(context, group(context, GroupName), policy),
  PutUserPolicy: (context, { UserName, ...policy }) => put(context, user(context, UserName), policy),

  GetRolePolicy: (context, { RoleName = "", PolicyName = "" }) => ({
    RoleName,
    PolicyName,
    PolicyDocument: encoded(inlineOf(role(context, RoleName), PolicyName)),
  }),
  GetGroupPolicy: (context, { GroupName = "", PolicyName = "" }) => ({
    GroupName,
    PolicyName,
    PolicyDocument: encoded(inlineOf(group(context, GroupName), PolicyName)),
  }),
  GetUserPolicy: (context, { UserName = "", PolicyName = "" }) => ({
    UserName,
    PolicyName,
    PolicyDocument: encoded(inlineOf(user(context, UserName), PolicyName)),
  }),

  ListRolePolicies: (context, { RoleName, ...place }) => list(role(context, RoleName), place),
  ListGroupPolicies: (context, { GroupName, ...place }) => list(group(context, GroupName), place),
  ListUserPolicies: (context, { UserName, ...place }) => list(user(context, UserName), place),

  DeleteRolePolicy: (context, { RoleName, PolicyName }) => remove(context, role(context, RoleName), PolicyName),
  DeleteGroupPolicy: (context, { GroupName, PolicyName }) => remove(context, group(context, GroupName), PolicyName),
  DeleteUserPolicy: (context, { UserName, PolicyName }) => remove(context, user(context, UserName), PolicyName),
};

function put(
  context: IamContext,
  owner: Owner,
  { PolicyName, PolicyDocument }: { PolicyName?: string | undefined; PolicyDocument?: string | undefined },
): void {
  const name = checkName("policyName", PolicyName, 128);
  const most = charactersMax[owner.kind];
  const of = `${owner.kind} ${owner.record.name}`;
  const document = checkDocument(PolicyDocument, { kind: "identity", charactersMax: most, of });
  const inline = { ...owner.record.inline, [name]: document };
  checkSize(Object.values(inline), most, of);
  change(context, owner, { inline });
}

function list({ record }: Owner, place: { Marker?: string | undefined; MaxItems?: number | undefined }) {
  const { items, ...rest } = page(Object.keys(record.inline), place, (name) => name);
  return { PolicyNames: items, ...rest };
}

function remove(context: IamContext, owner: Owner, policyName: string | undefined): void {
  inlineOf(owner, policyName);
  const inline = Object.fromEntries(Object.entries(owner.record.inline).filter(([name]) => name !== policyName));
  change(context, owner, { inline });
}
