import assert from "node:assert/strict";
import { test } from "node:test";
import { call, keyIn } from "./call.ts";
import { accountId, openHouse } from "./open-house.ts";
import { document, newRole, newUser } from "./principals.ts";

const arn = (path: string) => `arn:aws:iam::${accountId}:${path}`;
const everything = { Effect: "Allow", Action: "*", Resource: "*" };
const assume = { Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" };
const account = { AWS: arn("root") };

/** A house with its administrator's hand on IAM and STS, and with somebody who may take every role that trusts the account. */
async function ground(t: Parameters<typeof openHouse>[0]) {
  const house = await openHouse(t);
  const walker = await newUser(house, "walker", assume);
  const iam = (operation: string, input: object, key = house.administrator) =>
    call(house, key, ["iam", operation], { ...input });
  const takeOn = async (key: Parameters<typeof call>[1], RoleArn: string, more: object = {}) =>
    keyIn(await call(house, key, ["sts", "AssumeRole"], { RoleArn, RoleSessionName: "s1", ...more }));
  return { house, walker, iam, takeOn };
}

test("what narrows a session or bounds its role narrows what other roles' trust in that role gives, not what names the session", async (t) => {
  const { house, walker, iam, takeOn } = await ground(t);
  const wide = await newRole(house, "wide", account, everything);
  const next = await newRole(house, "next", { AWS: wide }, everything);
  const itself = await newRole(house, "itself", { AWS: `arn:aws:sts::${accountId}:assumed-role/wide/s1` });
  const lists = { Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" };
  const bounded = await newRole(house, "bounded", account, everything);
  const beyond = await newRole(house, "beyond", { AWS: bounded }, everything);
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
  const { house, iam } = await ground(t);
  const trusting = (AWS: string) => document({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" });
  const ask = async (AWS: string) => {
    const AssumeRolePolicyDocument = trusting(AWS);
    const { find } = await iam("CreateRole", { RoleName: `r${Math.random()}`, AssumeRolePolicyDocument });
    return find("Code") ?? "made";
  };
  await newRole(house, "there", account);

  assert.equal(await ask(arn("user/ghost")), "MalformedPolicyDocument");
  assert.equal(await ask(arn("role/ghost")), "MalformedPolicyDocument");
  assert.equal(await ask(arn("role/elsewhere/there")), "MalformedPolicyDocument");
  for (const known of ["role/there", "user/walker", "user/administrator", "root"])
    assert.equal(await ask(arn(known)), "made", known);
});

test("a host that is registered under an ARN of another account is nobody's friend there", async (t) => {
  const { house, iam, takeOn } = await ground(t);
  const partner = "arn:aws:iam::999999999999:user/partner";
  const trusting = await newRole(house, "partners", { AWS: partner }, everything);
  const rule = (service: string, operation: string, input: object) =>
    call(house, house.administrator, [service, operation], { ...input });
  await rule("codedeploy", "RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn: partner });
  const { find } = await rule("sluice", "CreateHostRegistration", { instanceName: "web-1" });
  const host = await house.identities.redeemRegistration(find("token") ?? "");

  assert(host);
  assert.equal(await takeOn(host, trusting), undefined);
  assert.equal((await iam("ListUsers", {}, host)).status, 403);
});

test("a role is named with its path, by trust as by conditions", async (t) => {
  const { house, walker, iam, takeOn } = await ground(t);
  const make = (RoleName: string, Path: string, trust: object) =>
    iam("CreateRole", {
      ...{ RoleName, Path },
      AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: trust, Action: "sts:AssumeRole" }),
    });
  await make("guest", "/guests/", account);
  const trusting = await newRole(house, "trusting", { AWS: arn("role/guests/guest") });
  const isGuest = { ArnLike: { "aws:PrincipalArn": arn("role/guests/*") } };
  const deny = { Effect: "Deny", Action: "iam:ListUsers", Resource: "*", Condition: isGuest };
  await iam("PutRolePolicy", { RoleName: "guest", PolicyName: "p", PolicyDocument: document(everything, deny) });

  const guest = await takeOn(walker, arn("role/guests/guest"));

  assert(guest);
  assert.notEqual(await takeOn(guest, trusting), undefined);
  assert.equal((await iam("ListUsers", {}, guest)).status, 403);
  assert.equal((await iam("ListRoles", {}, guest)).status, 200);
});
