import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openStore } from "../store/index.ts";
import { recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";
import { codedeployAccesses } from "./codedeploy-accesses.ts";
import { keepToken, tokensOf } from "../admin-api/github-secrets.ts";
import { openIdentities } from "../identity/identities.ts";

const facts = { region: "eu-west-1", accountId: "123456789012" };
const place = { applicationName: "shop", deploymentGroupName: "web" };
const s3 = (more: object = {}) => ({ revisionType: "S3", s3Location: { bucket: "b", key: "k.zip", ...more } }) as const;
const gitHub = {
  revisionType: "GitHub",
  gitHubLocation: { repository: "octocat/shop", commitId: "0".repeat(40) },
} as const;

/** A store with two applications of a group each, what requests to it need beside their own permission, and a vault. */
async function ground(t: TestContext) {
  const dataFolder = mkdtempSync(join(tmpdir(), "sluice-accesses-"));
  const store = openStore(dataFolder);
  const identities = await openIdentities({ dataFolder, accountId: facts.accountId, clock: Date.now });
  t.after(() => {
    identities.close();
    store.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  const settings = {
    deploymentConfigName: "c",
    serviceRoleArn: "r",
    outdatedInstancesStrategy: "UPDATE",
  } as const;
  await store.write(() => {
    for (const name of ["shop", "blog"]) {
      store.applications.add({ id: `id-${name}`, name, computePlatform: "Server", createTime: 0 }, []);
      store.groups.add({ id: `g-${name}`, applicationId: `id-${name}`, name: "web", settings }, []);
    }
  });
  const accesses = codedeployAccesses({ store, ...facts });
  const needed = async (operation: string, input: object) =>
    (await accesses(operation, { ...input }, undefined as never)) // CodeDeploy's table does not look at the call
      .filter(({ action = "" }) => /^(s3|sluice):/.test(action))
      .map(({ action, resource }) => `${action} ${resource}`);
  return { store, identities, needed };
}

test("who registers a revision or has it deployed must be allowed to read that object and version", async (t) => {
  const { needed } = await ground(t);

  for (const operation of ["RegisterApplicationRevision", "CreateDeployment"]) {
    assert.deepEqual(await needed(operation, { ...place, revision: s3() }), ["s3:GetObject arn:aws:s3:::b/k.zip"]);
    assert.deepEqual(await needed(operation, { ...place, revision: s3({ version: "v1" }) }), [
      "s3:GetObjectVersion arn:aws:s3:::b/k.zip",
    ]);
  }
});

test("who restarts a group's revision, or has it brought to other hosts, must be allowed to read it, too", async (t) => {
  const { store, needed } = await ground(t);
  const update = { applicationName: "shop", currentDeploymentGroupName: "web" };
  const wider = { ...update, onPremisesInstanceTagFilters: [{ Key: "a" }] };
  const before = await needed("UpdateDeploymentGroup", wider);

  await store.write(() => store.groups.succeeded("g-shop", s3({ version: "v1" })));

  assert.deepEqual(before, []);
  const read = ["s3:GetObjectVersion arn:aws:s3:::b/k.zip"];
  assert.deepEqual(await needed("CreateDeployment", { ...place, deploymentMode: "RESTART" }), read);
  assert.deepEqual(await needed("UpdateDeploymentGroup", wider), read);
  assert.deepEqual(await needed("UpdateDeploymentGroup", { ...update, autoScalingGroups: ["asg"] }), read);
  assert.deepEqual(await needed("UpdateDeploymentGroup", { ...update, newDeploymentGroupName: "w" }), []);
});

test("who has a group select other hosts must be allowed to read what is under way to it", async (t) => {
  const { store, needed } = await ground(t);
  const group = store.groups.byId("g-shop");
  assert(group);
  const request = requestOf(group, { creator: "user", revision: s3(), fileExistsBehavior: "DISALLOW" });
  const rest = { minimumHealthyHosts: { type: "HOST_COUNT", value: 0 }, ignoreApplicationStopFailures: false } as const;
  await store.write(() => recordDeployment(store, { id: "d-1", now: 0, group, request, ...rest }));
  const update = { applicationName: "shop", currentDeploymentGroupName: "web" };

  assert.deepEqual(await needed("UpdateDeploymentGroup", { ...update, onPremisesInstanceTagFilters: [{ Key: "a" }] }), [
    "s3:GetObject arn:aws:s3:::b/k.zip",
  ]);
  assert.deepEqual(await needed("UpdateDeploymentGroup", { ...update, newDeploymentGroupName: "w" }), []);
});

test("a GitHub token is for the applications that it names, and who deploys with it needs to be allowed to", async (t) => {
  const { store, identities, needed } = await ground(t);
  const public_ = await needed("CreateDeployment", { ...place, revision: gitHub });

  await keepToken({ store, identities }, { tokenName: "Octocat", token: "ghp_x", applicationNames: ["shop"] });

  const token = tokensOf({ store, identities });
  assert.deepEqual(public_, []);
  assert.deepEqual(await needed("CreateDeployment", { ...place, revision: gitHub }), [
    "sluice:UseGitHubAccountToken arn:aws:sluice:eu-west-1:123456789012:github-token/Octocat",
  ]);
  assert.deepEqual(await needed("CreateDeployment", { ...place, applicationName: "blog", revision: gitHub }), []);
  assert.equal(token("octocat/shop", "id-shop"), "ghp_x");
  assert.equal(token("octocat/shop", "id-blog"), undefined);
  // Another application that gets the name does not get the token.
  await store.write(() => {
    store.applications.remove("id-shop");
    store.applications.add({ id: "id-next", name: "shop", computePlatform: "Server", createTime: 0 }, []);
  });
  assert.equal(token("octocat/shop", "id-next"), undefined);
});

test("a token that names no application, or one that is not there, is not kept", async (t) => {
  const ground_ = await ground(t);
  const keep = (applicationNames: readonly string[]) =>
    keepToken(ground_, { tokenName: "octocat", token: "ghp_secret", applicationNames });

  await assert.rejects(keep([]), /names the applications that it is for, 1 to 1000, and 0 are given/);
  await assert.rejects(keep(["none"]), /No application found for name: none/);
  assert.deepEqual(ground_.store.githubTokens.names(), []);
});
