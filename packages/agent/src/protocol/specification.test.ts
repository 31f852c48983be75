import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpecification, specificationOf } from "./specification.ts";

const s3 = {
  RevisionType: "S3",
  S3Revision: { Bucket: "b", Key: "k.zip", BundleType: "zip", Version: "v1", ETag: "abc" },
};
const least = {
  DeploymentId: "d-ABCDEF123",
  DeploymentGroupId: "b1a2189b-dd90-4ef5-8f40-4c1c5example",
  DeploymentGroupName: "Prod",
  ApplicationName: "App",
  Revision: s3,
};

test("a specification has its defaults, and takes what it is given", () => {
  const { appSpecFilename, fileExistsBehavior, deploymentCreator, deploymentType } = specificationOf(least);
  assert.deepEqual(
    [appSpecFilename, fileExistsBehavior, deploymentCreator, deploymentType],
    ["appspec.yml", "DISALLOW", "user", "IN_PLACE"],
  );

  const full = specificationOf({
    ...least,
    DeploymentId: "arn:aws:codedeploy:us-east-1:123412341234:deployment/d-XYZ",
    AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: "overwrite" } },
    AllPossibleLifecycleEvents: ["BeforeInstall", "Mine"],
  });
  assert.deepEqual(
    [full.deploymentId, full.fileExistsBehavior, full.allPossibleLifecycleEvents],
    ["d-XYZ", "OVERWRITE", ["BeforeInstall", "Mine"]],
  );
  assert.deepEqual(full.revision, {
    type: "S3",
    bucket: "b",
    key: "k.zip",
    bundleType: "zip",
    version: "v1",
    eTag: "abc",
  });
  assert.equal(specificationOf({ ...least, AllPossibleLifecycleEvents: [] }).allPossibleLifecycleEvents, undefined);
});

test("revisions of GitHub and of the host itself are read", () => {
  const gitHub = { RevisionType: "GitHub", GitHubRevision: { Account: "a", Repository: "r", CommitId: "c" } };
  const local = { RevisionType: "Local File", LocalRevision: { Location: "/x.tgz", BundleType: "tgz" } };

  assert.deepEqual(specificationOf({ ...least, Revision: gitHub, GitHubAccessToken: "t" }).revision, {
    type: "GitHub",
    account: "a",
    repository: "r",
    commitId: "c",
    bundleType: "tar",
    token: "t",
  });
  assert.deepEqual(specificationOf({ ...least, Revision: local }).revision, {
    type: "Local File",
    location: "/x.tgz",
    bundleType: "tgz",
  });
});

test("what is missing or wrong is said in the official agent's words", () => {
  const gitHub = (more: object) => ({
    RevisionType: "GitHub",
    GitHubRevision: { Account: "a", Repository: "r", CommitId: "c", ...more },
  });
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "Provided deployment spec was nil"],
    [{ ...least, DeploymentId: undefined }, "Deployment Spec has no DeploymentId"],
    [{ ...least, DeploymentGroupId: "" }, "Deployment Spec has no DeploymentGroupId"],
    [{ ...least, DeploymentGroupName: null }, "Deployment Spec has no DeploymentGroupName"],
    [{ ...least, ApplicationName: undefined }, "Deployment Spec has no ApplicationName"],
    [{ ...least, DeploymentGroupId: "../evil" }, 'Deployment Spec has an invalid DeploymentGroupId: "../evil"'],
    [
      { ...least, DeploymentId: "arn:aws:x:r:1:deployment/../../evil" },
      'Deployment Spec has an invalid DeploymentId: ".."',
    ],
    [{ ...least, Revision: undefined }, "Must specify a revison"],
    [{ ...least, Revision: {} }, "Must specify a revision source"],
    [
      { ...least, Revision: { RevisionType: "FTP" } },
      "Exactly one of S3Revision, GitHubRevision, or LocalRevision must be specified",
    ],
    [
      { ...least, Revision: { RevisionType: "S3", S3Revision: { Bucket: "b" } } },
      "S3Revision in Deployment Spec must specify Bucket, Key and BundleType",
    ],
    [
      { ...least, Revision: { RevisionType: "S3", S3Revision: { Bucket: "b", Key: "k", BundleType: "rar" } } },
      "BundleType in S3Revision must be tar, tgz or zip",
    ],
    [
      { ...least, Revision: gitHub({ CommitId: undefined }) },
      "GitHubRevision in Deployment Spec must specify Account, Repository and CommitId",
    ],
    [
      { ...least, Revision: gitHub({ Anonymous: false }) },
      "GitHubRevision in Deployment Spec must specify Account, Repository and CommitId",
    ],
    [
      { ...least, Revision: gitHub({ BundleType: "tgz" }) },
      "GitHub revision specified with bundle_type other than zip or tar [bundle_type=tgz",
    ],
    [
      { ...least, Revision: { RevisionType: "Local File", LocalRevision: {} } },
      "LocalRevision in Deployment Spec must specify Location and BundleType",
    ],
    [
      { ...least, Revision: { RevisionType: "Local File", LocalRevision: { Location: "/x", BundleType: "rar" } } },
      "BundleType in LocalRevision must be tar, tgz, zip, or directory",
    ],
  ];
  for (const [value, message] of cases)
    assert.throws(() => specificationOf(value), { message: message.endsWith("tgz") ? `${message}]` : message });
});

test("text that nobody has signed is not carried out", () => {
  const payload = JSON.stringify(least);

  assert.throws(() => readSpecification({ format: "TEXT/JSON", payload }), {
    message: "Unsupported DeploymentSpecification format: TEXT/JSON",
  });
});
