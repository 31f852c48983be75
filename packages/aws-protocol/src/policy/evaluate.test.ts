import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, evaluateTrust, MalformedPolicy, parsePolicy } from "./index.ts";

type Statement = Readonly<Record<string, unknown>>;

const policy = (...statements: readonly Statement[]) =>
  parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "identity");
const group = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:web/production";

/** What statements say of CreateDeployment, on one group unless another resource is given. */
function outcome(
  statements: readonly Statement[],
  {
    resource = group,
    context = {},
  }: { readonly resource?: string; readonly context?: Readonly<Record<string, readonly string[]>> } = {},
): string {
  return evaluate([policy(...statements)], {
    name: "codedeploy:CreateDeployment",
    resource,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values])),
  }).outcome;
}
const allowed = (condition: Readonly<Record<string, unknown>>, context: Readonly<Record<string, readonly string[]>>) =>
  outcome([{ Effect: "Allow", Action: "*", Resource: "*", Condition: condition }], { context }) === "allowed";

test("nothing is allowed unless a statement allows it, and a deny wins over every allow", () => {
  const allow = { Effect: "Allow", Action: "codedeploy:*", Resource: "*" };
  const deny = { Effect: "Deny", Action: "codedeploy:CreateDeployment", Resource: group };

  assert.equal(outcome([{ ...allow, Action: "s3:*" }]), "not allowed");
  assert.equal(outcome([allow]), "allowed");
  assert.equal(outcome([allow, deny]), "explicitly denied");
  assert.equal(outcome([deny, allow]), "explicitly denied");
  assert.equal(outcome([allow, { ...deny, Resource: `${group}-2` }]), "allowed");
});

test("actions match with wildcards and without regard to case, resources letter by letter", () => {
  const statement = (Action: unknown, Resource: unknown = "*") => [{ Effect: "Allow", Action, Resource }];

  assert.equal(outcome(statement("CodeDeploy:createdeployment")), "allowed");
  assert.equal(outcome(statement(["s3:*", "codedeploy:Create*"])), "allowed");
  assert.equal(outcome(statement("codedeploy:CreateDeploymen?")), "allowed");
  assert.equal(outcome(statement("codedeploy:CreateDeploymentGroup")), "not allowed");
  assert.equal(outcome(statement("*", "arn:aws:codedeploy:*:*:deploymentgroup:web/*")), "allowed");
  assert.equal(outcome(statement("*", "arn:aws:codedeploy:*:*:deploymentgroup:Web/*")), "not allowed");
  assert.equal(outcome(statement("*", "arn:aws:codedeploy:*:*:deploymentgroup:*/prod*ion")), "allowed");
  assert.equal(outcome(statement("*", "arn:aws:codedeploy:*:*:application:*")), "not allowed");
});

test("NotAction and NotResource choose everything else", () => {
  assert.equal(outcome([{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }]), "allowed");
  assert.equal(outcome([{ Effect: "Allow", NotAction: "codedeploy:*", Resource: "*" }]), "not allowed");
  assert.equal(outcome([{ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::*" }]), "allowed");
  assert.equal(outcome([{ Effect: "Allow", Action: "*", NotResource: group }]), "not allowed");
});

test("conditions must hold together, and one value of each suffices", () => {
  const context = { "aws:username": ["ann"], "aws:RequestedRegion": ["eu-west-1"] };

  assert.equal(allowed({ StringEquals: { "aws:username": ["bob", "ann"] } }, context), true);
  assert.equal(
    allowed({ StringEquals: { "aws:Username": "ann", "aws:RequestedRegion": "eu-west-2" } }, context),
    false,
  );
  assert.equal(allowed({ StringNotEquals: { "aws:username": ["bob", "ann"] } }, context), false);
  assert.equal(allowed({ StringLike: { "aws:RequestedRegion": "eu-*" } }, context), true);
  assert.equal(allowed({ StringNotLike: { "aws:RequestedRegion": "eu-*" } }, context), false);
  assert.equal(allowed({ StringEqualsIgnoreCase: { "aws:username": "ANN" } }, context), true);
});

test("a missing key fails a condition, unless it is negated or says IfExists", () => {
  assert.equal(allowed({ StringEquals: { "aws:username": "ann" } }, {}), false);
  assert.equal(allowed({ StringNotEquals: { "aws:username": "ann" } }, {}), true);
  assert.equal(allowed({ StringEqualsIfExists: { "aws:username": "ann" } }, {}), true);
  assert.equal(allowed({ Null: { "aws:username": "true" } }, {}), true);
  assert.equal(allowed({ Null: { "aws:username": "false" } }, {}), false);
  assert.equal(allowed({ Null: { "aws:username": false } }, { "aws:username": ["ann"] }), true);
});

test("keys with several values are compared as sets where the policy says so", () => {
  const keys = (...values: readonly string[]) => ({ "aws:TagKeys": values });

  assert.equal(allowed({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, keys("a")), true);
  assert.equal(allowed({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, keys("a", "c")), false);
  assert.equal(allowed({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }, {}), true);
  assert.equal(allowed({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } }, keys("c", "a")), true);
  assert.equal(allowed({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } }, {}), false);
});

test("addresses, ARNs, numbers, dates and truth values are compared as what they are", () => {
  assert.equal(allowed({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, { "aws:SourceIp": ["10.1.2.3"] }), true);
  assert.equal(allowed({ NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, { "aws:SourceIp": ["10.1.2.3"] }), false);
  assert.equal(allowed({ IpAddress: { "aws:SourceIp": "::1" } }, { "aws:SourceIp": ["::1"] }), true);
  assert.equal(allowed({ IpAddress: { "aws:SourceIp": "10.0.0.0/99" } }, { "aws:SourceIp": ["10.1.2.3"] }), false);
  const role = { "aws:PrincipalArn": ["arn:aws:iam::123456789012:role/a/b"] };
  assert.equal(allowed({ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/*" } }, role), true);
  assert.equal(allowed({ ArnLike: { "aws:PrincipalArn": "arn:*:role/*" } }, role), false);
  assert.equal(allowed({ ArnNotEquals: { "aws:PrincipalArn": "arn:aws:iam::*:user/*" } }, role), true);
  assert.equal(allowed({ NumericLessThanEquals: { "s3:max-keys": 10 } }, { "s3:max-keys": ["9"] }), true);
  const noon = { "aws:CurrentTime": ["2026-01-01T12:00:00Z"] };
  assert.equal(allowed({ DateLessThan: { "aws:CurrentTime": "2026-01-01T13:00:00Z" } }, noon), true);
  assert.equal(allowed({ DateGreaterThan: { "aws:CurrentTime": "2026-01-01T13:00:00Z" } }, noon), false);
  assert.equal(allowed({ Bool: { "aws:SecureTransport": "false" } }, { "aws:SecureTransport": ["false"] }), true);
});

test("variables stand for the caller's values letter by letter, and for nothing when those are missing", () => {
  const own = [{ Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::home/${aws:username}/*" }];
  const reads = (resource: string, context: Readonly<Record<string, readonly string[]>>) =>
    outcome(own, { resource, context });

  assert.equal(reads("arn:aws:s3:::home/ann/x", { "aws:username": ["ann"] }), "allowed");
  assert.equal(reads("arn:aws:s3:::home/bob/x", { "aws:username": ["ann"] }), "not allowed");
  assert.equal(reads("arn:aws:s3:::home/bob/x", { "aws:username": ["*"] }), "not allowed");
  assert.equal(reads("arn:aws:s3:::home//x", {}), "not allowed");
});

test("an operator that is not known denies whatever the statement says, and is named", () => {
  const strange = (effect: "Allow" | "Deny") => ({
    hasVariables: true,
    statements: [
      {
        effect,
        actions: { patterns: ["*"], isNegated: false },
        conditions: [{ operator: "MoonPhase", key: "aws:username", values: ["full"] }],
      },
    ],
  });
  const action = { name: "s3:GetObject", resource: "*", context: new Map() };

  assert.deepEqual(evaluate([strange("Allow")], action), {
    outcome: "not allowed",
    caveat: 'a policy uses the condition operator "MoonPhase", which is not known here',
  });
  assert.equal(
    evaluate([strange("Deny"), policy({ Effect: "Allow", Action: "*", Resource: "*" })], action).outcome,
    "explicitly denied",
  );
});

test("a trust policy names callers themselves, their account or services", () => {
  const ann = { accountId: "123456789012", arns: ["arn:aws:iam::123456789012:user/ann"] };
  const action = { name: "sts:AssumeRole", resource: "*", context: new Map() };
  const trust = (statement: Statement, caller: Parameters<typeof evaluateTrust>[1]) =>
    evaluateTrust(
      parsePolicy(JSON.stringify({ Statement: { Effect: "Allow", Action: "sts:AssumeRole", ...statement } }), "trust"),
      caller,
      action,
    );
  const codedeploy = { ...ann, arns: [], service: "codedeploy.amazonaws.com" };

  assert.equal(trust({ Principal: { AWS: "arn:aws:iam::123456789012:user/ann" } }, ann), "trusted");
  assert.equal(trust({ Principal: { AWS: "arn:aws:iam::123456789012:root" } }, ann), "trusted for the account");
  assert.equal(trust({ Principal: { AWS: "123456789012" } }, ann), "trusted for the account");
  assert.equal(trust({ Principal: { AWS: "arn:aws:iam::210987654321:root" } }, ann), "not trusted");
  assert.equal(trust({ Principal: { Service: "codedeploy.amazonaws.com" } }, ann), "not trusted");
  assert.equal(trust({ Principal: { Service: "codedeploy.amazonaws.com" } }, codedeploy), "trusted");
  assert.equal(trust({ Principal: { AWS: "*" } }, codedeploy), "not trusted");
  assert.equal(trust({ Principal: "*", Effect: "Deny" }, ann), "explicitly denied");
});

test("documents that cannot be evaluated are refused in AWS's words", () => {
  const read = (statement: unknown) => () => parsePolicy(JSON.stringify({ Statement: statement }), "identity");
  const fine = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

  assert.doesNotThrow(read(fine));
  assert.throws(read([]), MalformedPolicy);
  assert.throws(read({ ...fine, Principal: "*" }), /Has prohibited field Principal/);
  assert.throws(read({ ...fine, Action: "GetObject" }), /must be prefaced by a vendor/);
  assert.throws(read({ ...fine, Resource: "bucket" }), /Resource bucket must be in ARN format or "\*"/);
  assert.throws(read({ ...fine, Effect: "Maybe" }), /Allow or Deny is wanted/);
  assert.throws(read({ ...fine, Condition: { MoonPhase: { a: "b" } } }), /Invalid Condition type : MoonPhase/);
  assert.throws(read({ Effect: "Allow", Action: "s3:*" }), /must contain resources/);
});

test("a pattern full of wildcards is judged in no time", () => {
  const started = performance.now();

  const found = outcome([{ Effect: "Allow", Action: "*", Resource: `arn:${"*a".repeat(60)}b` }], {
    resource: `arn:${"a".repeat(5000)}`,
  });

  assert.equal(found, "not allowed");
  assert(performance.now() - started < 500);
});

test("where nobody can tell what is touched, a Deny on any resource or tag denies, and only an Allow on all allows", () => {
  const unknown = (statement: Statement) =>
    evaluate([policy({ Effect: "Allow", Action: "*", Resource: "*" }, statement)], {
      name: "codedeploy:CreateDeployment",
      resource: "*",
      isUnknown: true,
      context: new Map([["aws:username", ["ann"]]]),
    }).outcome;
  const deny = { Effect: "Deny", Action: "codedeploy:*", Resource: "*" };
  const ifTagged = { StringEquals: { "aws:ResourceTag/protected": "true" } };

  assert.equal(unknown({ ...deny, Resource: group }), "explicitly denied");
  assert.equal(unknown({ Effect: "Deny", Action: "codedeploy:*", NotResource: "*" }), "explicitly denied");
  assert.equal(unknown({ ...deny, Condition: ifTagged }), "explicitly denied");
  assert.equal(unknown({ ...deny, Condition: { ...ifTagged, StringLike: { "aws:username": "bob" } } }), "allowed");
  assert.equal(unknown({ ...deny, Action: "s3:*" }), "allowed");
  const only = [policy({ Effect: "Allow", Action: "*", Resource: group })];
  assert.equal(
    evaluate(only, { name: "codedeploy:CreateDeployment", resource: "*", isUnknown: true, context: new Map() }).outcome,
    "not allowed",
  );
});

test("a further ARN of a thing denies, and does not allow", () => {
  const other = group.replace("web/production", "id-of-it");
  const judge = (...statements: readonly Statement[]) =>
    evaluate([policy(...statements)], {
      name: "codedeploy:CreateDeployment",
      resource: group,
      also: [other],
      context: new Map(),
    }).outcome;
  const all = { Effect: "Allow", Action: "*", Resource: "*" };

  assert.equal(judge({ ...all, Resource: other }), "not allowed");
  assert.equal(judge(all, { Effect: "Deny", Action: "*", Resource: other }), "explicitly denied");
  assert.equal(judge(all, { Effect: "Deny", Action: "*", NotResource: other }), "allowed");
});
