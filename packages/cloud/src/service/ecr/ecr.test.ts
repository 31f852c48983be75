import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { imageType, newRepository, openRegistryGround, registryClient } from "../../../test/registry-client.ts";
import { whyMissing } from "../../../../../test/support/why-missing.ts";

const noAws = await whyMissing("aws");

/** The name of a rejection, and what it says. */
const refused = (sent: Promise<unknown>) =>
  sent.then(
    () => "it was accepted",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

test("a repository is made, described, tagged and deleted as on AWS", async (t) => {
  const { cloud, ecr } = await openRegistryGround(t);
  const repositoryName = "team/web";

  const made = await ecr.send(
    new CreateRepositoryCommand({
      repositoryName,
      tags: [{ Key: "a", Value: "1" }],
      imageScanningConfiguration: { scanOnPush: true },
    }),
  );

  const { repository: { createdAt, ...rest } = {} } = made;
  const repositoryArn = "arn:aws:ecr:us-east-1:123456789012:repository/team/web";
  const described = {
    repositoryArn,
    registryId: "123456789012",
    repositoryName,
    repositoryUri: `${new URL(cloud.url).host}/team/web`,
    imageTagMutability: "MUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "AES256" },
  };
  assert(createdAt instanceof Date);
  assert.deepEqual(rest, described);
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
  assert.deepEqual(repositories, [{ ...described, createdAt }]);

  await ecr.send(new TagResourceCommand({ resourceArn: repositoryArn, tags: [{ Key: "b", Value: "2" }] }));
  await ecr.send(new UntagResourceCommand({ resourceArn: repositoryArn, tagKeys: ["a"] }));
  const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn }));
  assert.deepEqual(tags, [{ Key: "b", Value: "2" }]);

  assert.equal(
    await refused(ecr.send(new CreateRepositoryCommand({ repositoryName }))),
    "RepositoryAlreadyExistsException: The repository with name 'team/web' already exists in the registry with id '123456789012'",
  );
  await ecr.send(new DeleteRepositoryCommand({ repositoryName }));
  assert.equal(
    await refused(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))),
    "RepositoryNotFoundException: The repository with name 'team/web' does not exist in the registry with id '123456789012'",
  );
});

test("names that AWS refuses are refused", async (t) => {
  const { ecr } = await openRegistryGround(t);
  const names = ["W", "Web", "a//b", "/web", "web/", "a--b", ".web", "web.", "a".repeat(257), "we b", "../web"];

  for (const repositoryName of names)
    assert.match(
      await refused(ecr.send(new CreateRepositoryCommand({ repositoryName }))),
      /^InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint/,
      repositoryName,
    );
});

test("repositories are listed a page at a time", async (t) => {
  const { ecr } = await openRegistryGround(t);
  for (const name of ["c-3", "a-1", "b-2"]) await newRepository(ecr, name);

  const first = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2 }));
  const second = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken: first.nextToken }));

  const names = [first, second].map(({ repositories = [] }) =>
    repositories.map(({ repositoryName }) => repositoryName),
  );
  assert.deepEqual(names, [["a-1", "b-2"], ["c-3"]]);
  assert.equal(second.nextToken, undefined);
});

test("images are listed, described, fetched, tagged anew and deleted", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  const repositoryName = "web";
  await newRepository(ecr, repositoryName);
  const one = await registry.image("web", "v1", ["layer one"]);
  const two = await registry.image("web", "v2", ["layer one", "more"]);

  const { imageDetails = [] } = await ecr.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "v2" }] }),
  );
  const { imagePushedAt, ...detail } = imageDetails[0] ?? {};
  assert(imagePushedAt instanceof Date);
  assert.deepEqual(detail, {
    registryId: "123456789012",
    repositoryName,
    imageDigest: two,
    imageTags: ["v2"],
    imageSizeInBytes: "layer one".length + "more".length + JSON.stringify({ os: "linux", made: "v2" }).length,
    imageManifestMediaType: imageType,
    artifactMediaType: "application/vnd.oci.image.config.v1+json",
  });

  const fetched = await ecr.send(
    new BatchGetImageCommand({
      repositoryName,
      imageIds: [{ imageTag: "v1" }, { imageTag: "v9" }, { imageTag: "v2", imageDigest: one }],
    }),
  );
  assert.deepEqual(
    fetched.images?.map(({ imageId }) => imageId),
    [{ imageDigest: one, imageTag: "v1" }],
  );
  assert.deepEqual(
    fetched.failures?.map(({ failureCode, failureReason }) => [failureCode, failureReason]),
    [
      ["ImageNotFound", "Requested image not found"],
      ["ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest"],
    ],
  );

  const imageManifest = fetched.images?.[0]?.imageManifest;
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "stable" }));
  assert.equal(
    await refused(ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "stable" }))),
    `ImageAlreadyExistsException: Image with digest '${one}' and tag 'stable' already exists in the repository with name 'web' in registry with id '123456789012'`,
  );
  const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName }));
  assert.deepEqual(
    new Set(imageIds?.map(({ imageDigest, imageTag }) => `${imageDigest} ${imageTag}`)),
    new Set([`${one} v1`, `${one} stable`, `${two} v2`]),
  );

  const untagged = await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }));
  assert.deepEqual(untagged.imageIds, [{ imageDigest: one, imageTag: "v1" }]);
  const deleted = await ecr.send(
    new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: "stable" }, {}] }),
  );
  assert.deepEqual([deleted.imageIds?.length, deleted.failures?.[0]?.failureCode], [1, "MissingDigestAndTag"]);
  assert.match(
    await refused(ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: one }] }))),
    /^ImageNotFoundException: The image with imageId \{imageDigest:'sha256:\w+', imageTag:'null'\} does not exist within the repository with name 'web'/,
  );
  assert.match(
    await refused(ecr.send(new DeleteRepositoryCommand({ repositoryName }))),
    /^RepositoryNotEmptyException: The repository with name 'web' .* cannot be deleted because it still contains images/,
  );
  await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
});

test("requests that name more images than ECR takes are refused", async (t) => {
  const { ecr } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const imageIds = Array.from({ length: 101 }, (_, at) => ({ imageTag: `v${at}` }));

  const input = { repositoryName: "web", imageIds };
  const sent = [new BatchGetImageCommand(input), new BatchDeleteImageCommand(input), new DescribeImagesCommand(input)];
  for (const message of await Promise.all(sent.map((command) => refused(ecr.send(command as BatchGetImageCommand)))))
    assert.match(message, /^InvalidParameterException: .*imageIds.*less than or equal to 100/);
});

test("a tag of an immutable repository stays with its image", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const digest = await registry.image("web", "v1", ["one"]);
  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName: "web", imageTagMutability: "IMMUTABLE" }));
  const { body } = await registry.send("GET", "/v2/web/manifests/v1");
  const other = JSON.stringify({ ...(JSON.parse(body.toString()) as object), annotations: { other: "yes" } });

  const put = (content: string | Buffer) =>
    registry.send("PUT", "/v2/web/manifests/v1", { body: content, headers: { "content-type": imageType } });
  const [moved, same] = [await put(other), await put(body)];

  assert.deepEqual([moved.status, moved.code, same.status], [400, "TAG_INVALID", 201]);
  assert.match(
    moved.body.toString(),
    /The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable/,
  );
  assert.equal((await registry.send("HEAD", "/v2/web/manifests/v1")).headers.get("docker-content-digest"), digest);
});

test("a password holds for twelve hours, in every process that has the data folder", async (t) => {
  let now = Date.now();
  const { cloud, ecr } = await openRegistryGround(t, { clock: () => now });

  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [{ authorizationToken = "", expiresAt, proxyEndpoint } = {}] = authorizationData ?? [];
  const ask = async (url: string) =>
    (await registryClient(url, `Basic ${authorizationToken}`).send("GET", "/v2/")).status;
  const again = await cloud.restart();
  const statuses = [await ask(again.url)];
  now += 12 * 3_600_000 - 1_000;
  statuses.push(await ask(again.url));
  now += 2_000;
  statuses.push(await ask(again.url));

  assert.equal(Math.round(((expiresAt?.getTime() ?? 0) - now) / 1000), -1);
  assert.equal(proxyEndpoint, cloud.url);
  assert.match(Buffer.from(authorizationToken, "base64").toString(), /^AWS:/);
  assert.deepEqual(statuses, [200, 200, 401]);
});

test("the aws CLI makes repositories and gets passwords", { skip: noAws }, async (t) => {
  const { cloud } = await openRegistryGround(t);

  const uri = await cloud.aws(
    "ecr",
    "create-repository",
    "--repository-name",
    "web",
    "--query",
    "repository.repositoryUri",
    "--output",
    "text",
  );
  const password = await cloud.aws("ecr", "get-login-password");

  assert.equal(uri, `${new URL(cloud.url).host}/web`);
  const login = `Basic ${Buffer.from(`AWS:${password}`).toString("base64")}`;
  assert.equal((await registryClient(cloud.url, login).send("GET", "/v2/web/tags/list")).status, 200);
});
