import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  ListApplicationsCommand,
  StopDeploymentCommand,
  TagResourceCommand,
} from "@aws-sdk/client-codedeploy";
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  GetRoleCommand,
  IAMClient,
  ListUsersCommand,
} from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  accountId,
  type Credentials,
  type ServerFixture,
  openServerFixture,
  region,
} from "../support/server-fixture.ts";
import { newRole, newUser, type Statement } from "./principals.ts";

const arn = (resource: string) => `arn:aws:codedeploy:${region}:${accountId}:${resource}`;
const user = (name: string) => `arn:aws:iam::${accountId}:user/${name}`;
const serviceRole = `arn:aws:iam::${accountId}:role/deploy`;
const revision = {
  revisionType: "S3",
  s3Location: { bucket: "revisions", key: "web.tar", bundleType: "tar" },
} as const;

function codedeploy(t: TestContext, sluice: ServerFixture, credentials?: Credentials): CodeDeployClient {
  const client = new CodeDeployClient(sluice.as(credentials));
  t.after(() => client.destroy());
  return client;
}

/** An application with the groups production and staging. */
async function application(t: TestContext, sluice: ServerFixture): Promise<CodeDeployClient> {
  const administrator = codedeploy(t, sluice);
  await administrator.send(new CreateApplicationCommand({ applicationName: "web" }));
  for (const deploymentGroupName of ["production", "staging"])
    await administrator.send(
      new CreateDeploymentGroupCommand({ applicationName: "web", deploymentGroupName, serviceRoleArn: serviceRole }),
    );
  return administrator;
}
const deployTo = (deploymentGroupName: string) =>
  new CreateDeploymentCommand({ applicationName: "web", deploymentGroupName, revision });

const readsRevisions: Statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::revisions/*" };

/** AWS's documented policy for deployments to staging, with the permission to read what is deployed. */
const deployer: readonly Statement[] = [
  readsRevisions,
  {
    Effect: "Allow",
    Action: ["codedeploy:CreateDeployment", "codedeploy:GetDeployment", "codedeploy:StopDeployment"],
    Resource: arn("deploymentgroup:web/staging"),
  },
  { Effect: "Allow", Action: "codedeploy:RegisterApplicationRevision", Resource: arn("application/web") },
];

test("who may deploy to one group of an application may not deploy to the other", async (t) => {
  const sluice = await openServerFixture(t);
  const administrator = await application(t, sluice);
  const ann = codedeploy(t, sluice, await newUser(sluice, "ann", ...deployer));

  const { deploymentId } = await ann.send(deployTo("staging"));
  const { deploymentId: productionId } = await administrator.send(deployTo("production"));

  await ann.send(new GetDeploymentCommand({ deploymentId }));
  await assert.rejects(ann.send(deployTo("production")), {
    name: "AccessDeniedException",
    message: `User: ${user("ann")} is not authorized to perform: codedeploy:CreateDeployment on resource: ${arn("deploymentgroup:web/production")} because no identity-based policy allows the codedeploy:CreateDeployment action`,
  });
  await assert.rejects(ann.send(new StopDeploymentCommand({ deploymentId: productionId })), {
    name: "AccessDeniedException",
    message: /codedeploy:StopDeployment on resource: .*deploymentgroup:web\/production/,
  });
  await assert.rejects(ann.send(new ListApplicationsCommand({})), {
    message: /codedeploy:ListApplications on resource: \* because/,
  });
});

test("an explicit deny wins over full access, and the refusal says so", async (t) => {
  const sluice = await openServerFixture(t);
  await application(t, sluice);
  const bob = codedeploy(
    t,
    sluice,
    await newUser(
      sluice,
      "bob",
      { Effect: "Allow", Action: "*", Resource: "*" },
      { Effect: "Deny", Action: "codedeploy:CreateDeployment", Resource: arn("deploymentgroup:*/prod*") },
    ),
  );

  await bob.send(deployTo("staging"));

  await assert.rejects(bob.send(deployTo("production")), {
    name: "AccessDeniedException",
    message:
      /is not authorized to perform: codedeploy:CreateDeployment on resource: .* with an explicit deny in an identity-based policy$/,
  });
});

test("deploying needs the revision and the configuration as well, as on AWS", async (t) => {
  const sluice = await openServerFixture(t);
  await application(t, sluice);
  const key = await newUser(sluice, "ann", { Effect: "Allow", Action: "codedeploy:CreateDeployment", Resource: "*" });
  const ann = codedeploy(t, sluice, key);

  await assert.rejects(ann.send(deployTo("staging")), {
    message: /codedeploy:RegisterApplicationRevision on resource: .*:application:web/,
  });
  await assert.rejects(
    ann.send(
      new CreateDeploymentCommand({
        applicationName: "web",
        deploymentGroupName: "staging",
        revision,
        deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      }),
    ),
    { message: /codedeploy:GetDeploymentConfig on resource: .*:deploymentconfig:CodeDeployDefault.AllAtOnce/ },
  );
});

test("who creates a deployment group must be allowed to pass its role to CodeDeploy", async (t) => {
  const sluice = await openServerFixture(t);
  await application(t, sluice);
  const full = { Effect: "Allow", Action: "codedeploy:*", Resource: "*" };
  const pass = (service: string) => ({
    Effect: "Allow",
    Action: "iam:PassRole",
    Resource: serviceRole,
    Condition: { StringEquals: { "iam:PassedToService": service } },
  });
  const ann = codedeploy(t, sluice, await newUser(sluice, "ann", full, pass("codedeploy.amazonaws.com")));
  const bob = codedeploy(t, sluice, await newUser(sluice, "bob", full, pass("ec2.amazonaws.com")));
  const create = (deploymentGroupName: string) =>
    new CreateDeploymentGroupCommand({ applicationName: "web", deploymentGroupName, serviceRoleArn: serviceRole });

  await ann.send(create("of-ann"));

  await assert.rejects(bob.send(create("of-bob")), {
    name: "AccessDeniedException",
    message: `User: ${user("bob")} is not authorized to perform: iam:PassRole on resource: ${serviceRole} because no identity-based policy allows the iam:PassRole action`,
  });
});

test("each protocol refuses in its own form, and a user without policies may do nothing", async (t) => {
  const sluice = await openServerFixture(t);
  const options = sluice.as(await newUser(sluice, "eve"));
  const [iam, ec2, s3] = [
    new IAMClient(options),
    new EC2Client(options),
    new S3Client({ ...options, forcePathStyle: true }),
  ];
  t.after(() => [iam, ec2, s3].forEach((client) => client.destroy()));

  await assert.rejects(iam.send(new ListUsersCommand({})), {
    name: "AccessDenied",
    message: /iam:ListUsers on resource: \*/,
  });
  await assert.rejects(ec2.send(new DescribeInstancesCommand({})), {
    name: "UnauthorizedOperation",
    message: /^You are not authorized to perform this operation\. User: .*ec2:DescribeInstances/,
  });
  await assert.rejects(ec2.send(new TerminateInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"] })), {
    name: "UnauthorizedOperation",
  });
  await assert.rejects(s3.send(new ListBucketsCommand({})), {
    name: "AccessDenied",
    message: /s3:ListAllMyBuckets on resource: "\*"/,
  });
});

test("a policy on one bucket's prefix opens that prefix alone, and conditions are judged", async (t) => {
  const sluice = await openServerFixture(t);
  const administrator = new S3Client({ ...sluice.as(), forcePathStyle: true });
  await administrator.send(new CreateBucketCommand({ Bucket: "revisions" }));
  for (const Key of ["web/1.tar", "api/1.tar"])
    await administrator.send(new PutObjectCommand({ Bucket: "revisions", Key, Body: "x" }));
  const reader = async (name: string, address: string) =>
    new S3Client({
      ...sluice.as(
        await newUser(sluice, name, {
          Effect: "Allow",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::revisions/web/*",
          Condition: { IpAddress: { "aws:SourceIp": address } },
        }),
      ),
      forcePathStyle: true,
    });
  const [near, far] = [await reader("near", "127.0.0.0/8"), await reader("far", "10.0.0.0/8")];
  t.after(() => [administrator, near, far].forEach((client) => client.destroy()));
  const get = (Key: string) => new GetObjectCommand({ Bucket: "revisions", Key });

  await near.send(get("web/1.tar"));

  await assert.rejects(near.send(get("api/1.tar")), { name: "AccessDenied" });
  await assert.rejects(far.send(get("web/1.tar")), { name: "AccessDenied" });
  await assert.rejects(near.send(new PutObjectCommand({ Bucket: "revisions", Key: "web/2.tar", Body: "x" })), {
    name: "AccessDenied",
  });
});

test("a group's own tags may decide who deploys to it", async (t) => {
  const sluice = await openServerFixture(t);
  const administrator = await application(t, sluice);
  await administrator.send(
    new TagResourceCommand({ ResourceArn: arn("deploymentgroup:web/staging"), Tags: [{ Key: "team", Value: "shop" }] }),
  );
  const ann = codedeploy(
    t,
    sluice,
    await newUser(sluice, "ann", readsRevisions, {
      Effect: "Allow",
      Action: "codedeploy:*",
      Resource: "*",
      Condition: { StringEqualsIfExists: { "aws:ResourceTag/team": "shop" } },
    }),
  );
  await administrator.send(
    new TagResourceCommand({
      ResourceArn: arn("deploymentgroup:web/production"),
      Tags: [{ Key: "team", Value: "core" }],
    }),
  );

  await ann.send(deployTo("staging"));

  await assert.rejects(ann.send(deployTo("production")), { name: "AccessDeniedException" });
});

test("who gives instances a role must be allowed to pass it on, also by a launch template", async (t) => {
  const sluice = await openServerFixture(t);
  const iam = new IAMClient(sluice.as());
  const role = await newRole(sluice, "web", { Service: "ec2.amazonaws.com" });
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
  const launches = { Effect: "Allow", Action: ["ec2:*", "iam:AddRoleToInstanceProfile"], Resource: "*" };
  const key = await newUser(sluice, "ann", launches);
  const ec2 = new EC2Client(sluice.as(key));
  const iamOfAnn = new IAMClient(sluice.as(key));
  t.after(() => [iam, ec2, iamOfAnn].forEach((client) => client.destroy()));
  const IamInstanceProfile = { Name: "web" };
  const refusal = { message: new RegExp(`is not authorized to perform: iam:PassRole on resource: ${role} because`) };

  await assert.rejects(
    ec2.send(new RunInstancesCommand({ ImageId: "ami-0", MinCount: 1, MaxCount: 1, IamInstanceProfile })),
    refusal,
  );
  await assert.rejects(
    ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData: { IamInstanceProfile } }),
    ),
    refusal,
  );
  await assert.rejects(
    iamOfAnn.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" })),
    refusal,
  );
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData: { UserData: "" } }));
});

test("an instance may do what its role's policies allow, and nothing else", async (t) => {
  const sluice = await openServerFixture(t);
  const s3 = new S3Client({ ...sluice.as(), forcePathStyle: true });
  const iam = new IAMClient(sluice.as());
  await s3.send(new CreateBucketCommand({ Bucket: "revisions" }));
  await s3.send(new PutObjectCommand({ Bucket: "revisions", Key: "a", Body: "x" }));
  await newRole(
    sluice,
    "reader",
    { Service: "ec2.amazonaws.com" },
    { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::revisions/*" },
  );
  await newRole(sluice, "bare", { Service: "ec2.amazonaws.com" });
  const instance = async (role: string) =>
    new S3Client({
      ...sluice.as(
        await sluice.identities.issueForHost(
          `arn:aws:ec2:${region}:${accountId}:instance/i-${role}`,
          `arn:aws:sts::${accountId}:assumed-role/${role}/i-${role}`,
          (await iam.send(new GetRoleCommand({ RoleName: role }))).Role?.RoleId,
        ),
      ),
      forcePathStyle: true,
    });
  const [reader, bare] = [await instance("reader"), await instance("bare")];
  t.after(() => [iam, s3, reader, bare].forEach((client) => client.destroy()));

  await reader.send(new GetObjectCommand({ Bucket: "revisions", Key: "a" }));

  await assert.rejects(reader.send(new PutObjectCommand({ Bucket: "revisions", Key: "b", Body: "x" })), {
    name: "AccessDenied",
  });
  await assert.rejects(bare.send(new GetObjectCommand({ Bucket: "revisions", Key: "a" })), { name: "AccessDenied" });
});
