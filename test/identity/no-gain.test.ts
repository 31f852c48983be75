import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as fc from "fast-check";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { call, keyIn } from "./call.ts";
import { accountId, type Credentials, type ServerFixture, openServerFixture } from "../support/server-fixture.ts";
import { document, newRole, newUser } from "./principals.ts";

const iamArn = (path: string) => `arn:aws:iam::${accountId}:${path}`;
const trustsAccount = document({ Effect: "Allow", Principal: { AWS: iamArn("root") }, Action: "sts:AssumeRole" });

/** What a limited user may call: everything about identities that, by AWS's documentation, cannot gain permissions. */
const limited = [
  {
    Effect: "Allow",
    Action: [
      "codedeploy:RegisterOnPremisesInstance",
      "codedeploy:DeregisterOnPremisesInstance",
      "codedeploy:AddTagsToOnPremisesInstances",
      "sluice:CreateHostRegistration",
    ],
    Resource: "*",
  },
  {
    Effect: "Allow",
    Action: ["CreateUser", "DeleteUser", "UpdateUser", "CreateAccessKey", "DeleteAccessKey"].map(
      (name) => `iam:${name}`,
    ),
    Resource: iamArn("user/guests/*"),
  },
  {
    Effect: "Allow",
    Action: ["iam:CreateRole", "iam:DeleteRole", "sts:AssumeRole"],
    Resource: iamArn("role/guests/*"),
  },
];

/** What it may not. */
const forbidden: readonly (readonly [string, string, Readonly<Record<string, unknown>>?])[] = [
  ["iam", "ListUsers"],
  ["sluice", "ListAuditEntries"],
  ["s3", "vault/secret"],
  ["sts", "AssumeRole", { RoleArn: iamArn("role/strong"), RoleSessionName: "s1" }],
];

const name = fc.constantFrom("bob", "eve");
const anyName = fc.constantFrom("bob", "eve", "administrator");
const place = fc.constantFrom("", "guests/", "AWS/CodeDeploy/");
const is = <const Kinds extends readonly string[]>(...kinds: Kinds) => fc.constantFrom<Kinds[number]>(...kinds);
const step = fc.oneof(
  fc.record({ is: is("register", "register and take key"), place, name: anyName }),
  fc.record({ is: is("register session", "deregister", "take host key"), name }),
  fc.record({ is: is("make guest", "remove guest", "make guest and take key"), name }),
  fc.record({ is: is("rename guest"), name, to: anyName, place }),
  fc.record({ is: is("make role and take it on", "remove role", "take role on"), name }),
  fc.record({ is: is("take session") }),
  // Meanwhile the administrator gives the same names to people and roles that may do everything, and takes them back.
  fc.record({ is: is("hire", "dismiss"), name }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
const walk = fc.array(fc.record({ step, by: fc.nat(5) }), { minLength: 1, maxLength: 6 });

/** The limited user, with every key that it has obtained. */
interface Walker {
  readonly sluice: ServerFixture;
  readonly keys: Credentials[];
  /** Makes names unique to this walk, so that walks do not interfere. */
  readonly own: (name: string) => string;
}

/** Takes a step with one of the keys. It may be refused. */
async function go(walker: Walker, taken: Step, key: Credentials): Promise<void> {
  const { sluice, keys, own } = walker;
  const ask = (service: string, operation: string, input = {}) => call(sluice, key, [service, operation], input);
  const keep = (found: Credentials | undefined) => found !== undefined && keys.push(found);
  const named = !("name" in taken) ? "" : taken.name === "administrator" ? taken.name : own(taken.name);
  const [UserName, RoleName, instanceName] = [named, named, named + own("")];
  const again = (kind: Step["is"]) => go(walker, { ...taken, is: kind } as Step, key); // it has the members of that step
  switch (taken.is) {
    case "register":
      return void (await ask("codedeploy", "RegisterOnPremisesInstance", {
        instanceName,
        iamUserArn: iamArn(`user/${taken.place}${named}`),
      }));
    case "register and take key":
      await again("register");
      return again("take host key");
    case "register session": {
      const iamSessionArn = `arn:aws:sts::${accountId}:assumed-role/${named}/s1`;
      return void (await ask("codedeploy", "RegisterOnPremisesInstance", { instanceName, iamSessionArn }));
    }
    case "deregister":
      return void (await ask("codedeploy", "DeregisterOnPremisesInstance", { instanceName }));
    case "take host key": {
      const token = (await ask("sluice", "CreateHostRegistration", { instanceName })).find("token");
      return void (token === undefined ? undefined : keep(await sluice.identities.redeemRegistration(token)));
    }
    case "make guest":
      return void (await ask("iam", "CreateUser", { UserName, Path: "/guests/" }));
    case "make guest and take key":
      await again("make guest");
      return void keep(keyIn(await ask("iam", "CreateAccessKey", { UserName })));
    case "remove guest":
      return removeUser(walker, UserName, key);
    case "rename guest": {
      const NewUserName = taken.to === "administrator" ? taken.to : own(taken.to);
      return void (await ask("iam", "UpdateUser", { UserName, NewUserName, NewPath: `/${taken.place}` }));
    }
    case "make role and take it on":
      await ask("iam", "CreateRole", { RoleName, Path: "/guests/", AssumeRolePolicyDocument: trustsAccount });
      return again("take role on");
    case "remove role":
      return void (await ask("iam", "DeleteRole", { RoleName }));
    case "take role on": {
      const RoleArn = iamArn(`role/guests/${RoleName}`);
      return void keep(keyIn(await ask("sts", "AssumeRole", { RoleArn, RoleSessionName: "s1" })));
    }
    case "take session":
      return void keep(keyIn(await ask("sts", "GetSessionToken")));
    case "hire":
      return hire(walker, named);
    case "dismiss":
      return dismiss(walker, named);
  }
}

async function removeUser({ sluice, keys }: Walker, UserName: string, by: Credentials): Promise<void> {
  for (const { accessKeyId: AccessKeyId } of keys)
    await call(sluice, by, ["iam", "DeleteAccessKey"], { UserName, AccessKeyId });
  await call(sluice, by, ["iam", "DeleteUser"], { UserName });
}

const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";

/** The administrator gives a name to a user and to a role that may do everything, if it is free. */
async function hire({ sluice }: Walker, name: string): Promise<void> {
  const rule = (operation: string, input: object) =>
    call(sluice, sluice.administrator, ["iam", operation], { ...input });
  const AssumeRolePolicyDocument = document({ Effect: "Allow", Principal: service, Action: "sts:AssumeRole" });
  if ((await rule("CreateUser", { UserName: name })).status === 200)
    await rule("AttachUserPolicy", { UserName: name, PolicyArn });
  if ((await rule("CreateRole", { RoleName: name, AssumeRolePolicyDocument })).status === 200)
    await rule("AttachRolePolicy", { RoleName: name, PolicyArn });
}

const service = { Service: "ec2.amazonaws.com" };

/** The administrator deletes the user and the role of a name. */
async function dismiss(walker: Walker, name: string): Promise<void> {
  const { sluice } = walker;
  const rule = (operation: string, input: object) =>
    call(sluice, sluice.administrator, ["iam", operation], { ...input });
  await rule("DetachUserPolicy", { UserName: name, PolicyArn });
  await removeUser(walker, name, sluice.administrator);
  await rule("DetachRolePolicy", { RoleName: name, PolicyArn });
  await rule("DeleteRole", { RoleName: name });
}

/** Returns the forbidden actions that the walker can do with any of its keys, now and after its names were reused. */
async function gains(walker: Walker): Promise<readonly string[]> {
  const before = await tryForbidden(walker);
  await Promise.all(
    ["bob", "eve"].map(async (one) => {
      await dismiss(walker, walker.own(one));
      await hire(walker, walker.own(one));
    }),
  );
  return [...before, ...(await tryForbidden(walker))];
}

async function tryForbidden({ sluice, keys }: Walker): Promise<readonly string[]> {
  const tried = keys.flatMap((key) => forbidden.map((what) => ({ key, what })));
  const answers = await Promise.all(
    tried.map(async ({ key, what: [service, operation, input] }) => ({
      what: `${service}:${operation} with ${key.accessKeyId}`,
      ...(await call(sluice, key, [service, operation], input)),
    })),
  );
  return answers.filter(({ status }) => status === 200).map(({ what }) => what);
}

async function openFixture(t: TestContext): Promise<ServerFixture> {
  const sluice = await openServerFixture(t);
  const s3 = new S3Client({ ...sluice.as(), forcePathStyle: true });
  t.after(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: "vault" }));
  await s3.send(new PutObjectCommand({ Bucket: "vault", Key: "secret", Body: "x" }));
  await newRole(sluice, "strong", { AWS: iamArn("root") }, { Effect: "Allow", Action: "*", Resource: "*" });
  return sluice;
}

/** Runs a walk. Returns the forbidden actions that it made possible, and the number of keys. Walks of one server do not interfere. */
async function walked(
  sluice: ServerFixture,
  suffix: string,
  steps: readonly { readonly step: Step; readonly by: number }[],
) {
  const own = (plain: string) => `${plain}${suffix}`;
  const first = await newUser(sluice, own("limited"), ...limited);
  const walker: Walker = { sluice, keys: [first], own };
  // Every other step is the limited user's own: what it has come by may do little.
  for (const { step: taken, by } of steps) await go(walker, taken, walker.keys[by % 2 === 0 ? 0 : by] ?? first);
  return { gained: await gains(walker), keys: walker.keys.length };
}

test("whatever a limited user does about identities, it may do no more afterwards than before", async (t) => {
  const sluice = await openFixture(t);
  let walks = 0;
  const together = fc.array(walk, { minLength: 6, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(together, async (several) => {
      const outcomes = await Promise.all(several.map((steps) => walked(sluice, `-${(walks += 1)}`, steps)));

      assert.deepEqual(
        outcomes.flatMap(({ gained }) => gained),
        [],
      );
    }),
    { numRuns: 3 },
  );
});

test("the ways that have led to more are closed, each by itself", async (t) => {
  const sluice = await openFixture(t);
  const bob = { name: "bob" } as const;
  const ways = {
    "a host's key in the administrator's name": [{ is: "register and take key", name: "administrator", place: "" }],
    "a host's key in the name of a user to come": [{ is: "register and take key", ...bob, place: "" }],
    "a host's key in a user's name": [
      { is: "hire", ...bob },
      { is: "register and take key", ...bob, place: "" },
    ],
    "a session of a role whose name is given again": [{ is: "make role and take it on", ...bob }],
    "the key of a user who gets another one's name": [
      { is: "make guest and take key", ...bob },
      { is: "rename guest", ...bob, to: "eve", place: "" },
    ],
  } satisfies Readonly<Record<string, readonly Step[]>>;

  const outcomes = await Promise.all(
    Object.values(ways).map((steps, way) =>
      walked(
        sluice,
        `-${way}`,
        steps.map((taken) => ({ step: taken, by: 0 })),
      ),
    ),
  );

  const gained = Object.keys(ways).map((way, index) => [way, outcomes[index]?.gained]);
  assert.deepEqual(
    gained,
    Object.keys(ways).map((way) => [way, []]),
  );
  // Where a key is given at all, it was given and tried.
  assert.deepEqual(
    outcomes.map(({ keys }) => keys),
    [1, 2, 1, 2, 2],
  );
});
