import assert from "node:assert/strict";
import { test } from "node:test";
import { newDeployment } from "@sluice/engine";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { signedSpecifications } from "./signed-specifications.ts";

const gitHub = { revisionType: "GitHub", gitHubLocation: { repository: "octocat/shop", commitId: "0".repeat(40) } };

/** A deployment of a private repository, and what its hosts are told, with the number of signatures that took. */
function ground(own: Partial<DeploymentRecord["request"]>) {
  const found = {
    record: {
      id: "d-1",
      request: { creator: "user", revision: gitHub, deploymentStyle: { deploymentType: "IN_PLACE" }, ...own },
      state: newDeployment({
        id: "d-1",
        createTime: 0,
        kind: "in-place",
        scalingGroups: [],
        minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
        ignoreApplicationStopFailures: false,
      }),
    } as unknown as DeploymentRecord, // as far as specifications read it
    token: "ghp_secret" as string | undefined,
    signatures: 0,
    digest: async (key: string | undefined): Promise<string | undefined> => `digest of ${key}`,
  };
  const nothing = { byId: () => undefined };
  const store = { deployments: { byId: () => found.record }, applications: nothing, groups: nothing };
  const specification = signedSpecifications(
    {
      store: store as unknown as Store,
      gitHubTokenFor: () => found.token,
      revisionSha256: (at) => found.digest(at.key),
    }, // as above
    async (text) => {
      found.signatures++;
      return text;
    },
  );
  const token = async () =>
    (JSON.parse(await specification("d-1")) as { readonly GitHubAccessToken?: string }).GitHubAccessToken;
  return { found, token, specification };
}

test("hosts are told a token as long as it is kept and their deployment is under way", async () => {
  const { found, token } = ground({ usesGitHubToken: true });
  assert.equal(await token(), "ghp_secret");
  assert.equal(await token(), "ghp_secret");
  assert.equal(found.signatures, 1);

  found.token = undefined;
  assert.equal(await token(), undefined);
  found.token = "ghp_another";
  assert.equal(await token(), "ghp_another");
  found.record = { ...found.record, state: { ...found.record.state, status: "Succeeded", completeTime: 1 } };
  assert.equal(await token(), undefined);
});

test("a token that was kept later is not for a deployment whose creator was not asked for the right to use it", async () => {
  assert.equal(await ground({ usesGitHubToken: false }).token(), undefined);
  assert.equal(await ground({}).token(), undefined);
  assert.equal(await ground({ creator: "codeDeployRollback" }).token(), "ghp_secret");
});

test("who asks with a nonce is told what bytes the revision has now, where that can be told", async () => {
  const s3 = { revisionType: "S3", s3Location: { bucket: "b", key: "k.zip", bundleType: "zip" } } as const;
  const asking = { HostIdentifier: "host", Nonce: "nonce", LifecycleEvents: ["Install"] };
  const ask = async ({ specification }: ReturnType<typeof ground>) =>
    JSON.parse(await specification("d-1", asking)) as { readonly Binding: object; readonly GitHubAccessToken?: string };
  const one = ground({ revision: s3 });

  assert.deepEqual((await ask(one)).Binding, { ...asking, RevisionSha256: "digest of k.zip" });
  one.found.digest = async () => undefined; // no such object
  assert.deepEqual((await ask(one)).Binding, asking);

  const hidden = ground({ usesGitHubToken: true });
  const { Binding, GitHubAccessToken } = await ask(hidden);
  assert.deepEqual([Binding, GitHubAccessToken], [asking, "ghp_secret"]);
});
