import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CodeDeployClient, CreateApplicationCommand, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteGroupPolicyCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DetachGroupPolicyCommand,
  GetGroupCommand,
  GetGroupPolicyCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListAttachedGroupPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListGroupPoliciesCommand,
  ListGroupsCommand,
  ListGroupsForUserCommand,
  PutGroupPolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutUserPermissionsBoundaryCommand,
  RemoveUserFromGroupCommand,
  SimulatePrincipalPolicyCommand,
  UpdateGroupCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { accountId, type Credentials, type ServerFixture, openServerFixture } from "../support/server-fixture.ts";
import { document, newRole, newUser } from "./principals.ts";

const allow = (...actions: readonly string[]) => ({ Effect: "Allow", Action: actions, Resource: "*" });
const arn = (rest: string) => `arn:aws:iam::${accountId}:${rest}`;

function clientOf(t: TestContext, sluice: ServerFixture, as?: Credentials): IAMClient {
  const client = new IAMClient(sluice.as(as));
  t.after(() => client.destroy());
  return client;
}

/** Returns CodeDeploy's response to a user. */
function asker(t: TestContext, sluice: ServerFixture, key: Credentials) {
  const client = new CodeDeployClient(sluice.as(key));
  t.after(() => client.destroy());
  const told = (asked: Promise<unknown>) => asked.then(() => "done").catch((error: Error) => error.message);
  return {
    list: () => told(client.send(new ListApplicationsCommand({}))),
    create: (applicationName: string) => told(client.send(new CreateApplicationCommand({ applicationName }))),
  };
}

const noIdentity = /is not authorized .* because no identity-based policy allows the codedeploy:\w+ action$/;
const noBoundary = /is not authorized .* because no permissions boundary allows the codedeploy:\w+ action$/;

test("a user may do what its groups may, as long as it is in them and they have their policies", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  const ann = asker(t, sluice, await newUser(sluice, "ann"));
  const GroupName = "deployers";
  await iam.send(new CreateGroupCommand({ GroupName, Path: "/teams/" }));
  const inline = { GroupName, PolicyName: "list", PolicyDocument: document(allow("codedeploy:List*")) };
  await iam.send(new PutGroupPolicyCommand(inline));
  const PolicyArn = "arn:aws:iam::aws:policy/AWSCodeDeployFullAccess";

  assert.match(await ann.list(), noIdentity);
  await iam.send(new AddUserToGroupCommand({ GroupName, UserName: "ann" }));
  await iam.send(new AddUserToGroupCommand({ GroupName, UserName: "ann" })); // as often as one likes
  assert.equal(await ann.list(), "done");
  assert.match(await ann.create("shop"), noIdentity);
  await iam.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }));
  assert.equal(await ann.create("shop"), "done");

  await iam.send(new UpdateGroupCommand({ GroupName, NewGroupName: "shippers" }));
  assert.equal(await ann.create("desk"), "done");
  await iam.send(new DetachGroupPolicyCommand({ GroupName: "shippers", PolicyArn }));
  assert.match(await ann.create("till"), noIdentity);
  await iam.send(new RemoveUserFromGroupCommand({ GroupName: "shippers", UserName: "ann" }));
  assert.match(await ann.list(), noIdentity);
});

test("a deny of one group wins over what another allows", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  const ann = asker(t, sluice, await newUser(sluice, "ann", allow("codedeploy:*")));
  await iam.send(new CreateGroupCommand({ GroupName: "guests" }));
  const PolicyDocument = document({ Effect: "Deny", Action: "codedeploy:Create*", Resource: "*" });
  await iam.send(new PutGroupPolicyCommand({ GroupName: "guests", PolicyName: "no", PolicyDocument }));

  await iam.send(new AddUserToGroupCommand({ GroupName: "guests", UserName: "ann" }));

  assert.match(await ann.create("shop"), /with an explicit deny in an identity-based policy$/);
  assert.equal(await ann.list(), "done");
});

test("groups, their members and their policies are listed, and a group that is in use cannot be deleted", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  const [GroupName, PolicyName] = ["deployers", "list"];
  const { Group } = await iam.send(new CreateGroupCommand({ GroupName, Path: "/teams/" }));
  await iam.send(new CreateGroupCommand({ GroupName: "others" }));
  for (const UserName of ["ann", "bob"]) {
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new AddUserToGroupCommand({ GroupName, UserName }));
  }
  const PolicyDocument = document(allow("codedeploy:List*"));
  await iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName, PolicyDocument }));
  const PolicyArn = "arn:aws:iam::aws:policy/AWSCodeDeployReadOnlyAccess";
  await iam.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }));

  assert.equal(Group?.Arn, arn("group/teams/deployers"));
  assert.match(Group.GroupId ?? "", /^AGPA[A-Z2-7]{17}$/);
  const shown = await iam.send(new GetGroupCommand({ GroupName, MaxItems: 1 }));
  assert.deepEqual([shown.Users?.map(({ UserName }) => UserName), shown.IsTruncated], [["ann"], true]);
  const named = (groups: readonly { GroupName?: string | undefined }[] = []) => groups.map((one) => one.GroupName);
  assert.deepEqual(named((await iam.send(new ListGroupsCommand({ PathPrefix: "/teams/" }))).Groups), [GroupName]);
  assert.deepEqual(named((await iam.send(new ListGroupsForUserCommand({ UserName: "bob" }))).Groups), [GroupName]);
  assert.deepEqual((await iam.send(new ListGroupPoliciesCommand({ GroupName }))).PolicyNames, [PolicyName]);
  const { AttachedPolicies } = await iam.send(new ListAttachedGroupPoliciesCommand({ GroupName }));
  assert.deepEqual(AttachedPolicies, [{ PolicyName: "AWSCodeDeployReadOnlyAccess", PolicyArn }]);
  const got = await iam.send(new GetGroupPolicyCommand({ GroupName, PolicyName }));
  assert.equal(decodeURIComponent(got.PolicyDocument ?? ""), PolicyDocument);
  const { PolicyGroups } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
  assert.deepEqual(named(PolicyGroups), [GroupName]);

  const remove = () => iam.send(new DeleteGroupCommand({ GroupName }));
  const inUse = (message: string) => ({ name: "DeleteConflictException", message });
  await assert.rejects(remove, inUse("Cannot delete entity, must remove users from group first."));
  await assert.rejects(iam.send(new DeleteUserCommand({ UserName: "ann" })), { name: "DeleteConflictException" });
  for (const UserName of ["ann", "bob"]) await iam.send(new RemoveUserFromGroupCommand({ GroupName, UserName }));
  await assert.rejects(remove, inUse("Cannot delete entity, must detach all policies first."));
  await iam.send(new DetachGroupPolicyCommand({ GroupName, PolicyArn }));
  await assert.rejects(remove, inUse("Cannot delete entity, must delete policies first."));
  await iam.send(new DeleteGroupPolicyCommand({ GroupName, PolicyName }));
  await remove();
  await iam.send(new DeleteUserCommand({ UserName: "ann" }));
});

test("faults of groups and boundaries have AWS's names", async (t) => {
  const iam = clientOf(t, await openServerFixture(t));
  await iam.send(new CreateGroupCommand({ GroupName: "a" }));
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const PermissionsBoundary = arn("policy/none");

  const faults: readonly (readonly [string, Promise<unknown>])[] = [
    ["EntityAlreadyExistsException", iam.send(new CreateGroupCommand({ GroupName: "A" }))],
    ["NoSuchEntityException", iam.send(new GetGroupCommand({ GroupName: "b" }))],
    ["NoSuchEntityException", iam.send(new AddUserToGroupCommand({ GroupName: "a", UserName: "bob" }))],
    ["NoSuchEntityException", iam.send(new RemoveUserFromGroupCommand({ GroupName: "a", UserName: "ann" }))],
    ["ValidationError", iam.send(new CreateGroupCommand({ GroupName: "a b" }))],
    [
      "MalformedPolicyDocumentException",
      iam.send(new PutGroupPolicyCommand({ GroupName: "a", PolicyName: "p", PolicyDocument: "{}" })),
    ],
    ["NoSuchEntityException", iam.send(new CreateUserCommand({ UserName: "bob", PermissionsBoundary }))],
    [
      "NoSuchEntityException",
      iam.send(new PutUserPermissionsBoundaryCommand({ UserName: "ann", PermissionsBoundary })),
    ],
  ];

  for (const [name, fault] of faults) await assert.rejects(fault, { name });
});

test("a boundary says what a user may do at most, and allows nothing by itself", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "readers", PolicyDocument: document(allow("codedeploy:List*")) }),
  );
  const PermissionsBoundary = Policy?.Arn;
  const ann = asker(t, sluice, await newUser(sluice, "ann", allow("codedeploy:*")));
  const bob = asker(t, sluice, await newUser(sluice, "bob"));
  assert.equal(await ann.create("shop"), "done");

  for (const UserName of ["ann", "bob"])
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }));

  assert.equal(await ann.list(), "done");
  assert.match(await ann.create("desk"), noBoundary);
  assert.match(await bob.list(), noIdentity);
  const { User } = await iam.send(new GetUserCommand({ UserName: "ann" }));
  assert.equal(User?.PermissionsBoundary?.PermissionsBoundaryArn, PermissionsBoundary);
  const counted = (await iam.send(new GetPolicyCommand({ PolicyArn: PermissionsBoundary }))).Policy;
  assert.deepEqual([counted?.AttachmentCount, counted?.PermissionsBoundaryUsageCount], [0, 2]);
  await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn: PermissionsBoundary })), {
    name: "DeleteConflictException",
  });
  const simulated = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: arn("user/ann"),
      ActionNames: ["codedeploy:CreateApplication", "codedeploy:ListApplications"],
    }),
  );
  assert.deepEqual(
    simulated.EvaluationResults?.map((result) => [
      result.EvalDecision,
      result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
    ]),
    [
      ["implicitDeny", false],
      ["allowed", true],
    ],
  );

  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: "ann" }));
  assert.equal(await ann.create("desk"), "done");
});

test("a role's boundary bounds its sessions, and an explicit deny in it is told as such", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = clientOf(t, sluice);
  const RoleArn = await newRole(sluice, "ship", { AWS: arn("root") }, allow("codedeploy:*"));
  const statements = [allow("*"), { Effect: "Deny", Action: "codedeploy:Create*", Resource: "*" }];
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "bound", PolicyDocument: document(...statements) }),
  );
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "ship", PermissionsBoundary: Policy?.Arn }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: "ship" }));
  assert.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, Policy?.Arn);
  const sts = new STSClient(sluice.as(await newUser(sluice, "ann", allow("sts:AssumeRole"))));
  t.after(() => sts.destroy());

  const { Credentials: key } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "one" }));

  const session = asker(t, sluice, {
    accessKeyId: key?.AccessKeyId ?? "",
    secretAccessKey: key?.SecretAccessKey ?? "",
    sessionToken: key?.SessionToken ?? "",
  });
  assert.equal(await session.list(), "done");
  assert.match(await session.create("shop"), /with an explicit deny in a permissions boundary$/);
});

test("who may make roles only with a certain boundary can make no others", async (t) => {
  const sluice = await openServerFixture(t);
  const { Policy } = await clientOf(t, sluice).send(
    new CreatePolicyCommand({ PolicyName: "bound", PolicyDocument: document(allow("codedeploy:List*")) }),
  );
  const PermissionsBoundary = Policy?.Arn ?? "";
  const bounded = { StringEquals: { "iam:PermissionsBoundary": PermissionsBoundary } };
  const actions = ["iam:CreateRole", "iam:AttachRolePolicy"];
  const lead = clientOf(t, sluice, await newUser(sluice, "lead", { ...allow(...actions), Condition: bounded }));
  const AssumeRolePolicyDocument = document({
    Effect: "Allow",
    Principal: { Service: "ec2.amazonaws.com" },
    Action: "sts:AssumeRole",
  });
  const create = (RoleName: string, more: { PermissionsBoundary?: string } = {}) =>
    lead.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, ...more }));
  await newRole(sluice, "free", { Service: "ec2.amazonaws.com" });
  const attach = (RoleName: string) =>
    lead.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));

  await assert.rejects(create("a"), { name: "AccessDenied" });
  await create("b", { PermissionsBoundary });
  await attach("b");
  await assert.rejects(attach("free"), { name: "AccessDenied" });
});
