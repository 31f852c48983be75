import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const iam = (path: string) => `arn:aws:iam::123456789012:${path}`;
const Tags = [{ Key: "protected", Value: "true" }];
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});

/** What operations of IAM touch: things with paths, whose names are taken in any case. */
export async function iamRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) => ask(service, "iam", operation, input);
  const Path = "/team/";
  await make("CreateUser", { UserName: "Bob", Path, Tags });
  await make("CreateRole", { RoleName: "Web", Path, AssumeRolePolicyDocument: trust, Tags });
  await make("CreateGroup", { GroupName: "Dev", Path });
  await make("CreateInstanceProfile", { InstanceProfileName: "Host", Path, Tags });
  await make("CreatePolicy", { PolicyName: "Read", Path, PolicyDocument: document, Tags });
  const user = tagged([iam("user/team/Bob")], { UserName: "Bob" }, { UserName: "bOB" });
  const role = tagged([iam("role/team/Web")], { RoleName: "Web" }, { RoleName: "wEB" });
  const group = plain([iam("group/team/Dev")], { GroupName: "Dev" }, { GroupName: "dEV" });
  const profile = tagged(
    [iam("instance-profile/team/Host")],
    { InstanceProfileName: "Host" },
    { InstanceProfileName: "hOST" },
  );
  const member = plain([iam("group/team/Dev"), iam("user/team/Bob")], { GroupName: "dEV", UserName: "bOB" });
  const certificate = { ServerCertificateName: "site", Path };
  return {
    ...each(
      `CreateUser GetUser DeleteUser CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey AttachUserPolicy
       DetachUserPolicy ListAttachedUserPolicies PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy TagUser
       UntagUser ListUserTags ListGroupsForUser PutUserPermissionsBoundary DeleteUserPermissionsBoundary`,
      user,
    ),
    ...each(
      `CreateRole GetRole DeleteRole UpdateRole UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy
       ListAttachedRolePolicies PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy
       ListInstanceProfilesForRole TagRole UntagRole ListRoleTags PutRolePermissionsBoundary
       DeleteRolePermissionsBoundary`,
      role,
    ),
    ...each(
      `CreateGroup GetGroup DeleteGroup AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies PutGroupPolicy
       GetGroupPolicy ListGroupPolicies DeleteGroupPolicy`,
      group,
    ),
    ...each("CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile", profile),
    AddRoleToInstanceProfile: tagged([iam("instance-profile/team/Host"), iam("role/team/Web")], {
      InstanceProfileName: "hOST",
      RoleName: "wEB",
    }),
    ...each("AddUserToGroup RemoveUserFromGroup", member),
    UpdateUser: tagged([iam("user/team/Bob"), iam("user/boss/Rob")], {
      UserName: "bOB",
      NewUserName: "Rob",
      NewPath: "/boss/",
    }),
    UpdateGroup: plain([iam("group/team/Dev"), iam("group/boss/Ops")], {
      GroupName: "dEV",
      NewGroupName: "Ops",
      NewPath: "/boss/",
    }),
    ...each(
      `GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion
       SetDefaultPolicyVersion ListEntitiesForPolicy`,
      tagged([iam("policy/team/Read")], { PolicyArn: iam("policy/team/Read") }),
    ),
    CreatePolicy: plain([iam("policy/team/New")], { PolicyName: "New", Path }),
    ...each(
      "UploadServerCertificate GetServerCertificate DeleteServerCertificate",
      plain([iam("server-certificate/team/site")], certificate),
    ),
    SimulatePrincipalPolicy: plain([iam("user/team/Bob")], { PolicySourceArn: iam("user/team/Bob") }),
    ...each("ListUsers ListRoles ListGroups ListInstanceProfiles ListPolicies ListServerCertificates", "nothing"),
  };
}

/** What operations of STS touch. */
export function stsRows(): Rows {
  return {
    AssumeRole: tagged([iam("role/team/Web")], { RoleArn: iam("role/team/Web") }),
    ...each("GetSessionToken GetAccessKeyInfo GetCallerIdentity", "nothing"),
  };
}
