import assert from "node:assert/strict";
import { test } from "node:test";
import { call, keyIn } from "./call.ts";
import { accountId, openServerFixture } from "../support/server-fixture.ts";
import { document, newRole, newUser } from "./principals.ts";

const arn = (path: string) => `arn:aws:iam::${accountId}:${path}`;
const everything = { Effect: "Allow", Action: "*", Resource: "*" };
const assume = { Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" };
const account = { AWS: arn("root") };

/** A server, its administrator's clients of IAM and STS, and a user who may assume every role that trusts the account. */
async function openFixture(t: Parameters<typeof openServerFixture>[0]) {
  const sluice = await openServerFixture(t);
  const walker = await newUser(sluice, "walker", assume);
  const iam = (operation: string, input: object, key = sluice.administrator) =>
    call(sluice, key, ["iam", operation], { ...input });
  const takeOn = async (key: Parameters<typeof call>[1], RoleArn: string, more: object = {}) =>
    keyIn(await call(sluice, key, ["sts", "AssumeRole"], { RoleArn, RoleSessionName: "s1", ...more }));
  return { sluice, walker, iam, takeOn };
}

test("what narrows a session or bounds its role narrows what other roles' trust in that role gives, not what names the session", async (t) => {
  const { sluice, walker, iam, takeOn } = await openFixture(t);
  const wide = await newRole(sluice, "wide", account, everything);
  const next = await newRole(sluice, "next", { AWS: wide }, everything);
  const itself = await newRole(sluice, "itself", { AWS: `arn:aws:sts::${accountId}:assumed-role/wide/s1` });
  const lists = { Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" };
  const bounded = await newRole(sluice, "bounded", account, everything);
  const beyond = await newRole(sluice, "beyond", { AWS: bounded }, everything);
  await iam("CreatePolicy", { PolicyName: "tight", PolicyDocument: document(lists) });
  await iam("PutRolePermissionsBoundary", { RoleName: "bounded", PermissionsBoundary: arn("policy/tight") });

  const whole = await takeOn(walker, wide);
  const narrowed = await takeOn(walker, wide, { Policy: document(lists) });
  const allowed = await takeOn(walker, wide, { Policy: document(assume) });
  const inBounds = await takeOn(walker, bounded);

  assert(whole && narrowed && allowed && inBounds);
  assert.notEqual(await takeOn(whole, next), undefined);
  assert.equal(await takeOn(narrowed, next), undefined);
  assert.notEqual(await takeOn(allowed, next), undefined);
  assert.equal(await takeOn(inBounds, beyond), undefined);
  assert.notEqual(await takeOn(narrowed, itself), undefined);
});

test("a trust policy names somebody who is there: whoever gets the name later is not trusted", async (t) => {
  const { sluice, iam } = await openFixture(t);
  const trusting = (AWS: string) => document({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" });
  const ask = async (AWS: string) => {
    const AssumeRolePolicyDocument = trusting(AWS);
    const { find } = await iam("CreateRole", { RoleName: `r${Math.random()}`, AssumeRolePolicyDocument });
    return find("Code") ?? "made";
  };
  await newRole(sluice, "there", account);

  assert.equal(await ask(arn("user/ghost")), "MalformedPolicyDocument");
  assert.equal(await ask(arn("role/ghost")), "MalformedPolicyDocument");
  assert.equal(await ask(arn("role/elsewhere/there")), "MalformedPolicyDocument");
  for (const known of ["role/there", "user/walker", "user/administrator", "root"])
    assert.equal(await ask(arn(known)), "made", known);
});

test("a host that is registered under an ARN of another account is nobody's friend there", async (t) => {
  const { sluice, iam, takeOn } = await openFixture(t);
  const partner = "arn:aws:iam::999999999999:user/partner";
  const trusting = await newRole(sluice, "partners", { AWS: partner }, everything);
  const rule = (service: string, operation: string, input: object) =>
    call(sluice, sluice.administrator, [service, operation], { ...input });
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn: partner });
  const { find } = await rule("sluice", "CreateHostRegistration", { instanceName: "web-1" });
  const host = await sluice.identities.redeemRegistration(find("token") ?? "");

  assert(host);
  assert.equal(await takeOn(host, trusting), undefined);
  assert.equal((await iam("ListUsers", {}, host)).status, 403);
});

test("a role is named with its path, by trust as by conditions", async (t) => {
  const { sluice, walker, iam, takeOn } = await openFixture(t);
  const make = (RoleName: string, Path: string, trust: object) =>
    iam("CreateRole", {
      RoleName,
      Path,
      AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: trust, Action: "sts:AssumeRole" }),
    });
  await make("guest", "/guests/", account);
  const trusting = await newRole(sluice, "trusting", { AWS: arn("role/guests/guest") });
  const isGuest = { ArnLike: { "aws:PrincipalArn": arn("role/guests/*") } };
  const deny = { Effect: "Deny", Action: "iam:ListUsers", Resource: "*", Condition: isGuest };
  await iam("PutRolePolicy", { RoleName: "guest", PolicyName: "p", PolicyDocument: document(everything, deny) });

  const guest = await takeOn(walker, arn("role/guests/guest"));

  assert(guest);
  assert.notEqual(await takeOn(guest, trusting), undefined);
  assert.equal((await iam("ListUsers", {}, guest)).status, 403);
  assert.equal((await iam("ListRoles", {}, guest)).status, 200);
});
