import assert from "node:assert/strict";
import { test } from "node:test";
import { call, keyIn } from "./call.ts";
import {
  accountId,
  type Credentials,
  type ServerFixture,
  openServerFixture,
  region,
} from "../support/server-fixture.ts";
import { newRole, newUser } from "./principals.ts";

const refused = "refused with 400";
const everything = { Effect: "Allow", Action: "*", Resource: "*" };
const userArn = (name: string) => `arn:aws:iam::${accountId}:user/${name}`;

/** Returns whether a key is accepted as that of a host, by requesting the specification of a deployment that does not exist. */
async function specificationStatus(sluice: ServerFixture, credentials: Credentials, HostIdentifier: string) {
  const asked = { DeploymentExecutionId: "none", HostIdentifier };
  const { status, text } = await call(
    sluice,
    credentials,
    ["codedeploy-commands", "GetDeploymentSpecification"],
    asked,
  );
  return text.includes("for this host") ? "let in" : `refused with ${status}`;
}

/** The administrator's calls of CodeDeploy, IAM and Sluice. */
function ruler(sluice: ServerFixture) {
  return (service: string, operation: string, input: object = {}) =>
    call(sluice, sluice.administrator, [service, operation], { ...input });
}

/** Registers an instance. Returns the key that its host gets for the token. */
async function hostKey(sluice: ServerFixture, instanceName: string, iamUserArn: string): Promise<Credentials> {
  const rule = ruler(sluice);
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName, iamUserArn });
  return redeemed(sluice, instanceName);
}

async function redeemed(sluice: ServerFixture, instanceName: string): Promise<Credentials> {
  const token = (await ruler(sluice)("sluice", "CreateHostRegistration", { instanceName })).find("token");
  const key = await sluice.identities.redeemRegistration(token ?? "");
  assert(key);
  return key;
}

test("a registered host's key is a host's, whatever IAM says of the user that it is named like", async (t) => {
  const sluice = await openServerFixture(t);
  const key = await hostKey(sluice, "web-1", userArn("AWS/CodeDeploy/web-1"));
  const rule = ruler(sluice);
  await rule("iam", "CreateUser", { UserName: "web-1", Path: "/AWS/CodeDeploy/" });
  await rule("iam", "AttachUserPolicy", {
    UserName: "web-1",
    PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
  });
  const own = keyIn(await rule("iam", "CreateAccessKey", { UserName: "web-1" }));
  assert(own);

  // A user was created with the name of the registered host: neither gets the rights of the other.
  assert.equal((await call(sluice, key, ["iam", "ListUsers"])).status, 403);
  assert.equal((await call(sluice, own, ["iam", "ListUsers"])).status, 200);
  assert.equal(await specificationStatus(sluice, key, userArn("AWS/CodeDeploy/web-1")), "let in");
  assert.equal(await specificationStatus(sluice, own, userArn("AWS/CodeDeploy/web-1")), refused);
  assert.equal((await call(sluice, key, ["sts", "GetSessionToken"])).status, 403);
});

test("nobody registers a host as the administrator, or gets a host's key in the name of an IAM user", async (t) => {
  const sluice = await openServerFixture(t);
  const rule = ruler(sluice);
  await newUser(sluice, "ann", everything);

  const asAdministrator = await rule("codedeploy", "RegisterOnPremisesInstance", {
    instanceName: "web-1",
    iamUserArn: userArn("administrator"),
  });
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName: "web-2", iamUserArn: userArn("ann") });
  const asAnn = await rule("sluice", "CreateHostRegistration", { instanceName: "web-2" });

  assert.match(asAdministrator.text, /InvalidIamUserArnException.*is this house's administrator/);
  assert.match(asAnn.text, /signs as the IAM user arn:aws:iam::\d+:user\/ann, and IAM gives that user's keys/);
});

test("a host's key and its token end with the registration, and a new one of the same name gives them no life", async (t) => {
  const sluice = await openServerFixture(t);
  const rule = ruler(sluice);
  const key = await hostKey(sluice, "web-1", userArn("web-1"));
  const token = (await rule("sluice", "CreateHostRegistration", { instanceName: "web-1" })).find("token") ?? "";

  await rule("codedeploy", "DeregisterOnPremisesInstance", { instanceName: "web-1" });
  const deregistered = await specificationStatus(sluice, key, userArn("web-1"));
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn: userArn("web-1") });
  const registeredAgain = await specificationStatus(sluice, key, userArn("web-1"));
  const forOldToken = await sluice.identities.redeemRegistration(token);
  const next = await redeemed(sluice, "web-1");

  assert.equal(deregistered, refused);
  assert.equal(registeredAgain, refused);
  assert.equal(forOldToken, undefined);
  assert.equal(await specificationStatus(sluice, next, userArn("web-1")), "let in");
});

test("who gets the name of a registered user who has gone is not that host", async (t) => {
  const sluice = await openServerFixture(t);
  const rule = ruler(sluice);
  const first = await newUser(sluice, "ann");
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn: userArn("ann") });
  const before = await specificationStatus(sluice, first, userArn("ann"));

  await rule("iam", "DeleteAccessKey", { UserName: "ann", AccessKeyId: first.accessKeyId });
  await rule("iam", "DeleteUser", { UserName: "ann" });
  const second = await newUser(sluice, "ann");

  assert.equal(before, "let in");
  assert.equal(await specificationStatus(sluice, second, userArn("ann")), refused);
});

test("sessions end with their user or their role, also when somebody gets the name", async (t) => {
  const sluice = await openServerFixture(t);
  const rule = ruler(sluice);
  const ann = await newUser(sluice, "ann");
  const account = { AWS: `arn:aws:iam::${accountId}:root` };
  const RoleArn = await newRole(sluice, "ops", account);
  const ofUser = keyIn(await call(sluice, ann, ["sts", "GetSessionToken"]));
  const ofRole = keyIn(await rule("sts", "AssumeRole", { RoleArn, RoleSessionName: "s1" }));
  const host = `arn:aws:ec2:${region}:${accountId}:instance/i-1`;
  const RoleId = (await rule("iam", "GetRole", { RoleName: "ops" })).find("RoleId");
  const session = `arn:aws:sts::${accountId}:assumed-role/ops/i-1`;
  const ofInstance = await sluice.identities.issueForHost(host, session, RoleId);
  assert(ofUser && ofRole);
  const status = async (key: Credentials, operation: "GetCallerIdentity" | "ListUsers") =>
    (await call(sluice, key, [operation === "ListUsers" ? "iam" : "sts", operation])).status;

  const alive = [await status(ofUser, "GetCallerIdentity"), await status(ofRole, "GetCallerIdentity")];
  await rule("iam", "DeleteAccessKey", { UserName: "ann", AccessKeyId: ann.accessKeyId });
  await rule("iam", "DeleteUser", { UserName: "ann" });
  await rule("iam", "DeleteRole", { RoleName: "ops" });
  const dead = [await status(ofUser, "GetCallerIdentity"), await status(ofRole, "GetCallerIdentity")];
  await newUser(sluice, "ann", everything);
  await newRole(sluice, "ops", account, everything);

  assert.deepEqual(alive, [200, 200]);
  assert.deepEqual(dead, [403, 403]);
  assert.deepEqual([await status(ofUser, "ListUsers"), await status(ofRole, "ListUsers")], [403, 403]);
  // An instance is still that instance, and gets a key for the role that is there now.
  assert.equal(await status(ofInstance, "ListUsers"), 403);
  const NextId = (await rule("iam", "GetRole", { RoleName: "ops" })).find("RoleId");
  const next = await sluice.identities.issueForHost(host, session, NextId);
  assert.notEqual(next.accessKeyId, ofInstance.accessKeyId);
  assert.equal(await status(next, "ListUsers"), 200);
});
