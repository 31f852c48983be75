import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { call } from "./call.ts";
import { newUser } from "./principals.ts";

test("a Deny on one deployment group keeps its events and revisions from who asks about all of them, in every spelling", async (t) => {
  const sluice = await openServerFixture(t);
  const administer = (operation: string, input: object) =>
    call(sluice, sluice.administrator, ["codedeploy", operation], { ...input });
  await administer("CreateApplication", { applicationName: "shop" });
  const serviceRoleArn = `arn:aws:iam::${accountId}:role/deploy`;
  for (const deploymentGroupName of ["web", "secret"])
    await administer("CreateDeploymentGroup", { applicationName: "shop", deploymentGroupName, serviceRoleArn });
  const group = (name: string) => `arn:aws:codedeploy:${region}:${accountId}:deploymentgroup:shop/${name}`;
  const everything = { Effect: "Allow", Action: "sluice:*", Resource: "*" };
  const denied = await newUser(sluice, "denied", everything, {
    Effect: "Deny",
    Action: "sluice:List*",
    Resource: group("secret"),
  });
  const one = await newUser(sluice, "one", { Effect: "Allow", Action: "sluice:List*", Resource: group("*") });
  const free = await newUser(sluice, "free", everything);
  const overviews = [
    {},
    { applicationName: "shop" },
    { deploymentGroupName: "secret" },
    { deploymentGroupName: "" },
    { applicationName: "", deploymentGroupName: "" },
    { applicationName: "shop", deploymentGroupName: "" },
    { applicationName: "", deploymentGroupName: "secret" },
  ];
  const asked = [
    ...[{ targetId: "web-1" }, { deploymentId: "" }, ...overviews].map((input) => ["ListEvents", input] as const),
    ...overviews.map((input) => ["ListRunningRevisions", input] as const),
  ];
  const allowed = async (user: typeof denied) => {
    const found: string[] = [];
    for (const [operation, input] of asked) {
      const { text } = await call(sluice, user, ["sluice", operation], input);
      if (!text.includes("AccessDenied")) found.push(`${operation} ${JSON.stringify(input)}`);
    }
    return found;
  };

  assert.deepEqual(await allowed(denied), []);
  assert.deepEqual(await allowed(one), [], "groups of one application are not all");
  assert.equal((await allowed(free)).length, asked.length);
  for (const operation of ["ListEvents", "ListRunningRevisions"]) {
    const web = await call(sluice, denied, ["sluice", operation], {
      applicationName: "shop",
      deploymentGroupName: "web",
    });
    assert.equal(web.status, 200, web.text);
    assert.doesNotMatch(web.text, /secret/);
  }
});
