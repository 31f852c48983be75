import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  BatchGetOnPremisesInstancesCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  DeregisterOnPremisesInstanceCommand,
  GetOnPremisesInstanceCommand,
  ListOnPremisesInstancesCommand,
  RegisterOnPremisesInstanceCommand,
  RemoveTagsFromOnPremisesInstancesCommand,
  type TagFilter,
} from "@aws-sdk/client-codedeploy";
import { openGateways } from "../../packages/server/src/gateways/gateways.ts";
import { findFleet } from "../../packages/server/src/reconciler/find-fleet.ts";
import { type ApiFixture, isFault, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";

const user = (name: string) => `arn:aws:iam::123456789012:user/AWS/CodeDeploy/${name}`;
const session = "arn:aws:sts::123456789012:assumed-role/racks/rack-2";

const register = ({ client }: Pick<ApiFixture, "client">, instanceName: string) =>
  client.send(new RegisterOnPremisesInstanceCommand({ instanceName, iamUserArn: user(instanceName) }));
const get = async ({ client }: Pick<ApiFixture, "client">, instanceName: string) =>
  (await client.send(new GetOnPremisesInstanceCommand({ instanceName }))).instanceInfo ?? assert.fail("no instance");

test("a registered instance shows who it is, and its tags even when it has none", async (t) => {
  const sluice = await openApi(t);
  await register(sluice, "rack-1");
  await sluice.client.send(new RegisterOnPremisesInstanceCommand({ instanceName: "rack-2", iamSessionArn: session }));

  const { instanceArn, ...shown } = await get(sluice, "rack-1");

  assert.match(instanceArn ?? "", /^arn:aws:codedeploy:us-east-1:123456789012:instance\/rack-1_[A-Za-z0-9]{10}$/);
  assert.deepEqual(shown, {
    instanceName: "rack-1",
    iamUserArn: user("rack-1"),
    registerTime: new Date("2026-01-01T00:00:00.125Z"),
    tags: [],
  });
  assert.equal((await get(sluice, "rack-2")).iamSessionArn, session);
  assert.equal(sluice.store.onPremises.registeredAs(session)?.name, "rack-2");
});

test("names and identities are taken once", async (t) => {
  const sluice = await openApi(t);
  const { client } = sluice;
  await register(sluice, "rack-1");
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: "rack-2", iamSessionArn: session }));
  const [iamUserArn, iamSessionArn] = [user("rack-1"), session];
  const cases: readonly (readonly [
    fault: string,
    given: { iamUserArn?: string; iamSessionArn?: string },
    name?: string,
  ])[] = [
    ["InstanceNameAlreadyRegistered", { iamUserArn: user("other") }, "rack-1"],
    ["IamArnRequired", {}],
    ["MultipleIamArnsProvided", { iamUserArn, iamSessionArn }],
    ["IamUserArnRequired", { iamUserArn: "" }],
    ["InvalidIamUserArn", { iamUserArn: session }],
    ["InvalidIamSessionArn", { iamSessionArn: iamUserArn }],
    ["IamUserArnAlreadyRegistered", { iamUserArn }],
    ["IamSessionArnAlreadyRegistered", { iamSessionArn }],
    ["InvalidInstanceName", { iamUserArn: user("i-1") }, "i-0123"],
  ];

  for (const [fault, given, instanceName = "rack-3"] of cases)
    await assert.rejects(
      client.send(new RegisterOnPremisesInstanceCommand({ instanceName, ...given })),
      isFault(fault),
    );
});

test("a deregistered instance is still shown, and its name and identity are free", async (t) => {
  const sluice = await openApi(t);
  await register(sluice, "rack-1");
  const { instanceArn } = await get(sluice, "rack-1");
  const remove = new DeregisterOnPremisesInstanceCommand({ instanceName: "rack-1" });

  await sluice.client.send(remove);
  await sluice.client.send(remove);
  assert.deepEqual((await get(sluice, "rack-1")).deregisterTime, new Date(sluice.now));
  await register(sluice, "rack-1");

  const again = await get(sluice, "rack-1");
  assert.notEqual(again.instanceArn, instanceArn);
  assert.equal(again.deregisterTime, undefined);
  await assert.rejects(get(sluice, "never"), isFault("InstanceNotRegistered"));
});

test("tags are pairs, a key may come twice, and a change is for all instances or none", async (t) => {
  const sluice = await openApi(t);
  const { client } = sluice;
  for (const name of ["rack-1", "rack-2"]) await register(sluice, name);
  const [beta, west] = [
    { Key: "Name", Value: "Beta" },
    { Key: "Name", Value: "West" },
  ];
  const both = ["rack-1", "rack-2"];
  const add = (instanceNames: string[], tags = [beta, west]) =>
    client.send(new AddTagsToOnPremisesInstancesCommand({ tags, instanceNames }));

  await assert.rejects(add(["rack-1", "never"]), isFault("InstanceNotRegistered"));
  assert.deepEqual((await get(sluice, "rack-1")).tags, []);
  await add(both);
  await add(both);
  assert.deepEqual((await get(sluice, "rack-2")).tags, [beta, west]);
  await client.send(new RemoveTagsFromOnPremisesInstancesCommand({ tags: [beta], instanceNames: both }));
  await client.send(new RemoveTagsFromOnPremisesInstancesCommand({ tags: [beta], instanceNames: both }));

  const { instanceInfos } = await client.send(
    new BatchGetOnPremisesInstancesCommand({ instanceNames: ["rack-2", "never", "rack-1"] }),
  );
  assert.deepEqual(
    instanceInfos?.map(({ instanceName, tags }) => [instanceName, tags]),
    [
      ["rack-2", [west]],
      ["rack-1", [west]],
    ],
  );
  const eleven = Array.from({ length: 11 }, (_, index) => ({ Key: "k", Value: `${index}` }));
  await assert.rejects(add(["rack-1"], eleven), isFault("TagLimitExceeded"));
  await assert.rejects(add(["rack-1"], [{ Key: "", Value: "v" }]), isFault("InvalidTag"));
  await assert.rejects(add(["rack-1"], []), isFault("TagRequired"));
  const many = Array.from({ length: 101 }, (_, index) => `rack-${index}`);
  await assert.rejects(add(many), isFault("InstanceLimitExceeded"));
});

test("a tag may have no value, which is the same as an empty one, and its key alone selects", async (t) => {
  const sluice = await openApi(t);
  const { client } = sluice;
  await register(sluice, "rack-1");
  const tagged = (Command: typeof AddTagsToOnPremisesInstancesCommand, tag: { Key: string; Value?: string }) =>
    client.send(new Command({ tags: [tag], instanceNames: ["rack-1"] }));
  const found = async (filter: TagFilter) =>
    (await client.send(new ListOnPremisesInstancesCommand({ tagFilters: [filter] }))).instanceNames;

  await tagged(AddTagsToOnPremisesInstancesCommand, { Key: "bare" });
  await tagged(AddTagsToOnPremisesInstancesCommand, { Key: "bare", Value: "" });

  assert.deepEqual((await get(sluice, "rack-1")).tags, [{ Key: "bare", Value: "" }]);
  assert.deepEqual(await found({ Key: "bare", Type: "KEY_ONLY" }), ["rack-1"]);
  assert.deepEqual(await found({ Key: "bare", Value: "", Type: "KEY_AND_VALUE" }), ["rack-1"]);
  await client.send(
    new RemoveTagsFromOnPremisesInstancesCommand({ tags: [{ Key: "bare" }], instanceNames: ["rack-1"] }),
  );
  assert.deepEqual((await get(sluice, "rack-1")).tags, []);
});

test("instances are listed by status and by any of several tags", async (t) => {
  const sluice = await openApi(t);
  const { client } = sluice;
  for (const name of ["a", "b", "c"]) await register(sluice, name);
  await client.send(
    new AddTagsToOnPremisesInstancesCommand({ tags: [{ Key: "Stage", Value: "beta" }], instanceNames: ["a", "b"] }),
  );
  await client.send(new DeregisterOnPremisesInstanceCommand({ instanceName: "b" }));
  const list = async (given: ListOnPremisesInstancesCommand["input"]) =>
    (await client.send(new ListOnPremisesInstancesCommand(given))).instanceNames;

  assert.deepEqual(await list({}), ["a", "b", "c"]);
  assert.deepEqual(await list({ registrationStatus: "Registered" }), ["a", "c"]);
  assert.deepEqual(await list({ registrationStatus: "Deregistered" }), ["b"]);
  const filters = [
    { Key: "Stage", Value: "beta", Type: "KEY_AND_VALUE" as const },
    { Key: "Stage", Value: "prod", Type: "KEY_AND_VALUE" as const },
  ];
  assert.deepEqual(await list({ tagFilters: filters, registrationStatus: "Registered" }), ["a"]);
  await assert.rejects(list({ tagFilters: [{ Type: "KEY_ONLY" }] }), isFault("InvalidTagFilter"));
});

test("a deployment group selects registered instances by tag, by the name that their agents poll with", async (t) => {
  const sluice = await openApi(t);
  const { client, store } = sluice;
  for (const name of ["a", "b", "c", "d"]) await register(sluice, name);
  const tag = (instanceNames: string[], Key: string, Value: string) =>
    client.send(new AddTagsToOnPremisesInstancesCommand({ tags: [{ Key, Value }], instanceNames }));
  await tag(["a", "b", "c"], "Stage", "production");
  await tag(["a", "c", "d"], "Rack", "7");
  await client.send(new DeregisterOnPremisesInstanceCommand({ instanceName: "c" }));
  const name = { applicationName: "shop", deploymentGroupName: "racks" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const filter = (Key: string, Value: string) => [{ Key, Value, Type: "KEY_AND_VALUE" as const }];
  const { deploymentGroupId = "" } = await client.send(
    new CreateDeploymentGroupCommand({
      ...name,
      serviceRoleArn,
      onPremisesTagSet: { onPremisesTagSetList: [filter("Stage", "prod*"), filter("Rack", "7")] },
    }),
  );
  const deployment = new CreateDeploymentCommand({ ...name, revision: s3Revision("a.zip") });
  const { deploymentId = "" } = await client.send(deployment);
  const gateways = openGateways({ at: "aws", region: "us-east-1" });

  const fleet = await findFleet(
    store.groups.byId(deploymentGroupId) ?? assert.fail("no group"),
    store.deployments.byId(deploymentId) ?? assert.fail("no deployment"),
    { query: "selected", store, clients: gateways.as(serviceRoleArn), region: "us-east-1", accountId: "123456789012" },
  );

  assert("found" in fleet);
  assert.deepEqual(
    fleet.found.map(({ id, hostIdentifier, state }) => [id, hostIdentifier, state]),
    [["a", user("a"), "running"]],
  );
  await gateways.close();
});
