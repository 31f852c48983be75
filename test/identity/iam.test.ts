import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetInstanceProfileCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAttachedRolePoliciesCommand,
  ListRolesCommand,
  ListUserPoliciesCommand,
  ListUserTagsCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { whyMissing } from "../support/why-missing.ts";
import { accountId, type ServerFixture, openServerFixture } from "../support/server-fixture.ts";
import { trustPolicy } from "../support/trust-policy.ts";

const allow = (action: string, resource = "*") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Resource: resource }],
  });

function clientOf(t: { after(work: () => void): void }, sluice: ServerFixture): IAMClient {
  const client = new IAMClient(sluice.as());
  t.after(() => client.destroy());
  return client;
}

test("a role keeps its trust, its policies and its place in an instance profile until they are taken away", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));

  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: "web",
      Path: "/fleet/",
      AssumeRolePolicyDocument: trustPolicy("ec2.amazonaws.com"),
    }),
  );
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: "web",
      PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole",
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: "web", PolicyName: "read", PolicyDocument: allow("s3:GetObject") }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));

  assert.equal(Role?.Arn, `arn:aws:iam::${accountId}:role/fleet/web`);
  assert.match(Role.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
  const { Role: found } = await iam.send(new GetRoleCommand({ RoleName: "WEB" }));
  assert.equal(decodeURIComponent(found?.AssumeRolePolicyDocument ?? ""), trustPolicy("ec2.amazonaws.com"));
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: "web" }));
  assert.deepEqual(
    InstanceProfile?.Roles?.map(({ RoleName }) => RoleName),
    ["web"],
  );
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: "web", PolicyName: "read" }));
  assert.equal(decodeURIComponent(PolicyDocument ?? ""), allow("s3:GetObject"));
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "web" }));
  assert.deepEqual(AttachedPolicies, [
    { PolicyName: "AWSCodeDeployRole", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole" },
  ]);
  await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName: "web" })), {
    name: "DeleteConflictException",
    message: "Cannot delete entity, must remove roles from instance profile first.",
  });
});

test("IAM's faults have AWS's names and say what was found", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  await iam.send(
    new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: trustPolicy("ec2.amazonaws.com") }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));

  await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "other" })), {
    name: "NoSuchEntityException",
    message: "The role with name other cannot be found.",
  });
  await assert.rejects(
    iam.send(new CreateRoleCommand({ RoleName: "Web", AssumeRolePolicyDocument: trustPolicy("ec2.amazonaws.com") })),
    { name: "EntityAlreadyExistsException", message: "Role with name Web already exists." },
  );
  await assert.rejects(
    iam.send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: allow("sts:AssumeRole") })),
    { name: "MalformedPolicyDocumentException", message: "Has prohibited field Resource" },
  );
  await assert.rejects(iam.send(new PutRolePolicyCommand({ RoleName: "web", PolicyName: "p", PolicyDocument: "{" })), {
    name: "MalformedPolicyDocumentException",
    message: "This policy contains invalid Json",
  });
  await assert.rejects(iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" })), {
    name: "LimitExceededException",
    message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
  });
  await assert.rejects(
    iam.send(new CreateRoleCommand({ RoleName: "a b", AssumeRolePolicyDocument: trustPolicy("ec2.amazonaws.com") })),
    /The specified value for roleName is invalid/,
  );
  await assert.rejects(iam.send(new CreateUserCommand({ UserName: "Administrator" })), {
    name: "EntityAlreadyExistsException",
  });
});

test("a session is refused where a request says what policies would have to heed, and the local cloud does not", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  const sts = new STSClient(sluice.as());
  t.after(() => sts.destroy());
  const anybody = { Effect: "Allow", Principal: { AWS: accountId }, Action: ["sts:AssumeRole", "sts:TagSession"] };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [anybody] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "narrow", AssumeRolePolicyDocument }));
  const role = { RoleArn: Role?.Arn, RoleSessionName: "one" };

  for (const narrowing of [
    { Tags: [{ Key: "team", Value: "a" }] },
    { TransitiveTagKeys: ["team"] },
    { SourceIdentity: "ann" },
    { SerialNumber: `arn:aws:iam::${accountId}:mfa/ann`, TokenCode: "123456" },
  ])
    await assert.rejects(sts.send(new AssumeRoleCommand({ ...role, ...narrowing })), {
      message: `The local cloud's sessions have no ${Object.keys(narrowing).join(", ")}: leave that out`,
    });
  await assert.rejects(
    sts.send(new GetSessionTokenCommand({ SerialNumber: "GAHT12345678", TokenCode: "123456" })),
    /have no SerialNumber, TokenCode/,
  );
  const { Credentials } = await sts.send(new AssumeRoleCommand(role));
  assert.match(Credentials?.AccessKeyId ?? "", /^ASIA/);
});

test("a user's key signs until it is made inactive, and a user with keys cannot be deleted", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  await iam.send(new CreateUserCommand({ UserName: "ann" }));

  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  assert(AccessKey?.AccessKeyId !== undefined && AccessKey.SecretAccessKey !== undefined);
  const sts = new STSClient(
    sluice.as({ accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }),
  );
  t.after(() => sts.destroy());
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}));

  assert.equal(Arn, `arn:aws:iam::${accountId}:user/ann`);
  await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  await assert.rejects(iam.send(new CreateAccessKeyCommand({ UserName: "ann" })), { name: "LimitExceededException" });
  await assert.rejects(iam.send(new DeleteUserCommand({ UserName: "ann" })), {
    name: "DeleteConflictException",
    message: "Cannot delete entity, must delete access keys first.",
  });
  await iam.send(
    new UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId: AccessKey.AccessKeyId, Status: "Inactive" }),
  );
  await assert.rejects(sts.send(new GetCallerIdentityCommand({})), { name: "InvalidClientTokenId" });
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: "ann" }));
  assert.deepEqual(AccessKeyMetadata?.map(({ Status }) => Status).toSorted(), ["Active", "Inactive"]);
});

test("a managed policy has up to five versions, of which the default one decides", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument: allow("codedeploy:Get*") }),
  );
  const PolicyArn = Policy?.Arn;

  for (const action of ["codedeploy:List*", "codedeploy:*", "s3:*", "iam:*"])
    await iam.send(
      new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow(action), SetAsDefault: action === "s3:*" }),
    );

  await assert.rejects(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow("*") })), {
    name: "LimitExceededException",
  });
  await assert.rejects(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v4" })), {
    name: "DeleteConflictException",
    message: "Cannot delete the default version of a policy.",
  });
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v4" }));
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ""), allow("s3:*"));
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({ PolicySourceArn: PolicyArn, ActionNames: ["s3:GetObject", "iam:GetUser"] }),
  );
  assert.deepEqual(
    EvaluationResults?.map(({ EvalDecision }) => EvalDecision),
    ["implicitDeny", "allowed"],
  );
  await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), { name: "DeleteConflictException" });
});

test("lists come in pages that miss nothing and repeat nothing", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  const names = Array.from({ length: 7 }, (_, index) => `role-${index}`);
  for (const RoleName of names)
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustPolicy("ec2.amazonaws.com") }));

  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListRolesCommand({ MaxItems: 3, Marker }));
    seen.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
    Marker = page.Marker;
  } while (Marker !== undefined);

  assert.deepEqual(seen, names);
});

test("the aws CLI sets up the roles of the walkthrough", { skip: await whyMissing("aws") }, async (t) => {
  const { aws } = await openServerFixture(t);
  const ok = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await aws(words);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  const arn = await ok(
    ...["iam", "create-role", "--role-name", "deploy", "--query", "Role.Arn", "--output", "text"],
    ...["--assume-role-policy-document", trustPolicy("codedeploy.amazonaws.com")],
  );
  await ok(
    ...["iam", "attach-role-policy", "--role-name", "deploy"],
    ...["--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole"],
  );
  await ok("iam", "create-instance-profile", "--instance-profile-name", "deploy");
  await ok("iam", "add-role-to-instance-profile", "--instance-profile-name", "deploy", "--role-name", "deploy");
  const role = JSON.parse(await ok("iam", "get-role", "--role-name", "deploy")) as {
    readonly Role: { readonly AssumeRolePolicyDocument: unknown };
  };

  assert.equal(arn, `arn:aws:iam::${accountId}:role/deploy`);
  assert.deepEqual(role.Role.AssumeRolePolicyDocument, JSON.parse(trustPolicy("codedeploy.amazonaws.com")));
  const { code, stderr } = await aws(["iam", "get-role", "--role-name", "none"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /\(NoSuchEntity\) when calling the GetRole operation: The role with name none cannot be found/);
});

test("a user's inline policies are counted together against IAM's limit", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const put = (PolicyName: string) =>
    iam.send(
      new PutUserPolicyCommand({
        UserName: "ann",
        PolicyName,
        PolicyDocument: allow("s3:GetObject", `arn:aws:s3:::${"b".repeat(900)}`),
      }),
    );

  await put("one");
  await put("two");

  await assert.rejects(put("three"), {
    name: "LimitExceededException",
    message: "Maximum policy size of 2048 bytes exceeded for user ann",
  });
  const { PolicyNames } = await iam.send(new ListUserPoliciesCommand({ UserName: "ann" }));
  assert.deepEqual(PolicyNames, ["one", "two"]);
});

test("tags of a user are compared by their keys without regard to case", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  await iam.send(new CreateUserCommand({ UserName: "ann", Tags: [{ Key: "Team", Value: "shop" }] }));

  await iam.send(
    new TagUserCommand({
      UserName: "ann",
      Tags: [
        { Key: "team", Value: "core" },
        { Key: "Site", Value: "x" },
      ],
    }),
  );
  await iam.send(new UntagUserCommand({ UserName: "ann", TagKeys: ["site"] }));

  const { Tags } = await iam.send(new ListUserTagsCommand({ UserName: "ann" }));
  assert.deepEqual(Tags, [{ Key: "team", Value: "core" }]);
});
