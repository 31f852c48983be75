import assert from "node:assert/strict";
import { test } from "node:test";
import type { Revision } from "../protocol/revision.ts";
import { specificationOf } from "../protocol/specification.ts";
import { scriptEnvironment } from "./environment.ts";

function environmentFor(
  revision: object,
  agent: NodeJS.ProcessEnv = {},
  rules = { allowlistOnly: false, stripLoader: true },
) {
  const specification = specificationOf({
    DeploymentId: "d-ABCDEF123",
    DeploymentGroupId: "group-id",
    DeploymentGroupName: "Prod",
    ApplicationName: "App",
    Revision: revision,
  });
  return scriptEnvironment(agent, specification, { event: "AfterInstall", rules });
}

const deployment = {
  LIFECYCLE_EVENT: "AfterInstall",
  DEPLOYMENT_ID: "d-ABCDEF123",
  APPLICATION_NAME: "App",
  DEPLOYMENT_GROUP_NAME: "Prod",
  DEPLOYMENT_GROUP_ID: "group-id",
};
const s3 = { RevisionType: "S3", S3Revision: { Bucket: "b", Key: "k.zip", BundleType: "zip" } };
const local = {
  RevisionType: "Local Directory",
  LocalRevision: { Location: "/x", BundleType: "directory" },
} satisfies {
  RevisionType: Revision["type"];
  LocalRevision: object;
};

test("a script learns what is deployed from S3, and version and ETag only when the deployment names them", () => {
  const named = { ...s3, S3Revision: { ...s3.S3Revision, Version: "v1", ETag: "abc" } };

  assert.deepEqual(environmentFor(s3), { ...deployment, BUNDLE_BUCKET: "b", BUNDLE_KEY: "k.zip" });
  assert.deepEqual(environmentFor(named), {
    ...deployment,
    BUNDLE_BUCKET: "b",
    BUNDLE_KEY: "k.zip",
    BUNDLE_VERSION: "v1",
    BUNDLE_ETAG: "abc",
  });
});

test("a script learns the commit of a GitHub revision, and nothing of a local one", () => {
  const gitHub = { RevisionType: "GitHub", GitHubRevision: { Account: "a", Repository: "r", CommitId: "c0ffee" } };

  assert.deepEqual(environmentFor(gitHub), { ...deployment, BUNDLE_COMMIT: "c0ffee" });
  assert.deepEqual(environmentFor(local, { BUNDLE_ETAG: "of another life" }), deployment);
});

test("the agent's keys and what loads code into programs do not reach scripts; the rest does", () => {
  const agent = {
    AWS_ACCESS_KEY: "AKIA",
    AWS_SECRET_KEY: "secret",
    AWS_CREDENTIALS_FILE: "/secret",
    LD_PRELOAD: "/evil.so",
    BASH_ENV: "/evil.sh",
    PATH: "/bin",
    MY_SETTING: "1",
  };

  assert.deepEqual(environmentFor(local, agent), { ...deployment, PATH: "/bin", MY_SETTING: "1" });
});

test("an operator may let in nothing but a short list", () => {
  const rules = { allowlistOnly: true, stripLoader: true };

  assert.deepEqual(environmentFor(local, { PATH: "/bin", LANG: "C", MY_SETTING: "1" }, rules), {
    ...deployment,
    PATH: "/bin",
    LANG: "C",
  });
});
