import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import {
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from "@aws-sdk/client-iam";
import { digestOf } from "../../packages/cloud/src/service/ecr/digest.ts";
import { passwordFor, registryClient } from "../../packages/cloud/test/registry-client.ts";
import { type Credentials, openServerFixture } from "../support/server-fixture.ts";
import { document, newUser } from "./principals.ts";

const arn = (name: string) => `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`;
const login = { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" };
const pulls = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];
const pushes = [...pulls, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"];

/** A server with the repositories `web` and `secret`, each with an image `v1`, and a client of its registry for any user. */
async function openGround(t: TestContext) {
  const sluice = await openServerFixture(t);
  const clientOf = (credentials?: Credentials) => {
    const client = new ECRClient(sluice.as(credentials));
    t.after(() => client.destroy());
    return client;
  };
  const administrator = clientOf();
  const registryOf = async (credentials?: Credentials) =>
    registryClient(sluice.url, await passwordFor(clientOf(credentials)));
  const registry = await registryOf();
  for (const repositoryName of ["web", "secret"]) {
    await administrator.send(new CreateRepositoryCommand({ repositoryName }));
    await registry.image(repositoryName, "v1", [`layer of ${repositoryName}`]);
  }
  return { sluice, clientOf, administrator, registryOf };
}

test("who may pull an image does that, and nothing else", async (t) => {
  const { sluice, registryOf } = await openGround(t);
  const key = await newUser(sluice, "ann", login, { Effect: "Allow", Action: pulls, Resource: arn("web") });
  const registry = await registryOf(key);

  const layer = digestOf("layer of web");
  const asked = [
    ["GET", "/v2/web/manifests/v1", 200],
    ["GET", `/v2/web/blobs/${layer}`, 200],
    ["HEAD", `/v2/web/blobs/${layer}`, 200],
    ["GET", "/v2/web/tags/list", 403],
    ["POST", "/v2/web/blobs/uploads/", 403],
    ["PUT", "/v2/web/manifests/v2", 403],
    ["DELETE", "/v2/web/manifests/v1", 403],
    ["GET", "/v2/secret/manifests/v1", 403],
    ["GET", "/v2/none/manifests/v1", 403],
  ] as const;
  for (const [method, path, status] of asked)
    assert.equal((await registry.send(method, path)).status, status, `${method} ${path}`);
  const { body } = await registry.send("POST", "/v2/web/blobs/uploads/");
  assert.match(
    body.toString(),
    /"code":"DENIED","message":"User: arn:aws:iam::123456789012:user\/ann is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:123456789012:repository\/web because no identity-based policy allows/,
  );
});

test("folders of this machine are images for the administrator alone, whatever policies say", async (t) => {
  const sluice = await openServerFixture(t);
  const key = await newUser(sluice, "ann", { Effect: "Allow", Action: "ecs:*", Resource: "*" });
  const register = (credentials: Credentials | undefined, image: string) => {
    const ecs = new ECSClient(sluice.as(credentials));
    t.after(() => ecs.destroy());
    const containerDefinitions = [{ name: "main", image, memory: 64 }];
    return ecs.send(new RegisterTaskDefinitionCommand({ family: "web", containerDefinitions }));
  };

  for (const image of ["file:/etc", "file:///etc", "file:/srv/layout#v1"])
    await assert.rejects(register(key, image), {
      name: "AccessDeniedException",
      message: `User: arn:aws:iam::123456789012:user/ann is not authorized to use a folder of this machine as an image: ${image}`,
    });
  await register(key, "web:v1");
  await register(undefined, "file:/srv/web");
});

test("who may push to a repository mounts nothing of one that is closed to them", async (t) => {
  const { sluice, registryOf } = await openGround(t);
  const key = await newUser(sluice, "ann", login, { Effect: "Allow", Action: pushes, Resource: arn("web") });
  const registry = await registryOf(key);

  const mounted = await registry.send(
    "POST",
    `/v2/web/blobs/uploads/?mount=${digestOf("layer of secret")}&from=secret`,
  );

  assert.equal(mounted.status, 202, "the layer is asked for, as if there were none");
  assert.equal((await registry.send("HEAD", `/v2/web/blobs/${digestOf("layer of secret")}`)).status, 404);
  await registry.image("web", "v2", ["their own"]);
});

test("a password ends with the key that asked for it, and what it may do changes with the policies", async (t) => {
  const { sluice, registryOf } = await openGround(t);
  const key = await newUser(sluice, "ann", login, { Effect: "Allow", Action: pulls, Resource: arn("web") });
  const registry = await registryOf(key);
  const iam = new IAMClient(sluice.as());
  t.after(() => iam.destroy());
  const pull = async () => (await registry.send("GET", "/v2/web/manifests/v1")).status;

  const statuses = [await pull()];
  await iam.send(new DeleteUserPolicyCommand({ UserName: "ann", PolicyName: "p" }));
  statuses.push(await pull());
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: "ann" }));
  for (const { AccessKeyId } of AccessKeyMetadata)
    await iam.send(new DeleteAccessKeyCommand({ UserName: "ann", AccessKeyId }));
  statuses.push(await pull());

  assert.deepEqual(statuses, [200, 403, 401]);
});

test("a repository's own policy lets in whom it names, and keeps out whom it denies", async (t) => {
  const { sluice, administrator, clientOf, registryOf } = await openGround(t);
  const [ann, ben] = [
    await newUser(sluice, "ann", login),
    await newUser(sluice, "ben", login, { Effect: "Allow", Action: "ecr:*", Resource: "*" }),
  ];
  const named = (user: string) => ({ AWS: `arn:aws:iam::123456789012:user/${user}` });
  const policyText = document(
    { Effect: "Allow", Principal: named("ann"), Action: ["ecr:BatchGetImage", "ecr:ListImages"] },
    { Effect: "Deny", Principal: named("ben"), Action: "ecr:BatchDeleteImage" },
  );

  const set = await administrator.send(new SetRepositoryPolicyCommand({ repositoryName: "web", policyText }));

  assert.deepEqual([set.repositoryName, set.policyText], ["web", policyText]);
  const registry = await registryOf(ann);
  assert.equal((await registry.send("GET", "/v2/web/manifests/v1")).status, 200);
  assert.equal((await registry.send("GET", "/v2/secret/manifests/v1")).status, 403);
  assert.equal((await clientOf(ann).send(new ListImagesCommand({ repositoryName: "web" }))).imageIds?.length, 1);
  const removal = new BatchDeleteImageCommand({ repositoryName: "web", imageIds: [{ imageTag: "v1" }] });
  await assert.rejects(clientOf(ben).send(removal), /with an explicit deny in a resource-based policy/);
  assert.equal((await (await registryOf(ben)).send("DELETE", "/v2/web/manifests/v1")).status, 403);

  // A later user with ann's name does not get her permissions.
  const iam = new IAMClient(sluice.as());
  t.after(() => iam.destroy());
  for (const { AccessKeyId } of (await iam.send(new ListAccessKeysCommand({ UserName: "ann" }))).AccessKeyMetadata ??
    [])
    await iam.send(new DeleteAccessKeyCommand({ UserName: "ann", AccessKeyId }));
  await iam.send(new DeleteUserPolicyCommand({ UserName: "ann", PolicyName: "p" }));
  await iam.send(new DeleteUserCommand({ UserName: "ann" }));
  const second = await newUser(sluice, "ann", login);
  assert.equal((await (await registryOf(second)).send("GET", "/v2/web/manifests/v1")).status, 403);
});

test("a policy that cannot be read, or names nobody, is refused", async (t) => {
  const { administrator } = await openGround(t);
  const texts = [
    "no JSON",
    document({ Effect: "Allow", Action: "ecr:*" }),
    document({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:user/nobody" }, Action: "ecr:*" }),
    document({ Effect: "Allow", Principal: "*", Action: "ecr:*", Sid: "x".repeat(11_000) }),
  ];

  for (const policyText of texts)
    await assert.rejects(administrator.send(new SetRepositoryPolicyCommand({ repositoryName: "web", policyText })), {
      name: "InvalidParameterException",
    });
  await assert.rejects(administrator.send(new GetRepositoryPolicyCommand({ repositoryName: "web" })), {
    name: "RepositoryPolicyNotFoundException",
  });
});

test("a user sees the repositories that policies show", async (t) => {
  const { sluice, clientOf } = await openGround(t);
  const key = await newUser(sluice, "ann", {
    Effect: "Allow",
    Action: "ecr:DescribeRepositories",
    Resource: arn("web"),
  });

  const { repositories } = await clientOf(key).send(new DescribeRepositoriesCommand({ repositoryNames: ["web"] }));

  assert.equal(repositories?.length, 1);
  await assert.rejects(clientOf(key).send(new DescribeRepositoriesCommand({})), { name: "AccessDeniedException" });
});
