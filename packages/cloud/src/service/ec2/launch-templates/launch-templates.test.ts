import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSecurityGroupCommand,
  DeleteLaunchTemplateVersionsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeTagsCommand,
  EC2Client,
  ModifyLaunchTemplateCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { openLocalCloud } from "../../../../test/local-cloud.ts";

const image = "ami-00000000000000001";

test("the versions of a launch template are together as long as can be read in a moment, and no longer", async (t) => {
  const { client } = await openLocalCloud(t);
  const ec2 = new EC2Client(client);
  t.after(() => ec2.destroy());
  const LaunchTemplateData = { ImageId: image, KeyName: "k".repeat(900_000) };
  const { LaunchTemplate: { LaunchTemplateId } = {} } = await ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: "long", LaunchTemplateData }),
  );
  const next = (KeyName: string) =>
    ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData: { ImageId: image, KeyName } }),
    );

  for (let count = 0; count < 3; count++) await next(LaunchTemplateData.KeyName);

  await assert.rejects(next(LaunchTemplateData.KeyName), { name: "VersionLimitExceeded" });
  assert.equal((await next("short")).LaunchTemplateVersion?.VersionNumber, 5);
});

test("a launch template has versions, and $Latest and $Default name two of them", async (t) => {
  const { client } = await openLocalCloud(t);
  const ec2 = new EC2Client(client);
  t.after(() => ec2.destroy());
  const LaunchTemplateName = "web";
  const launch = (Version?: string) =>
    ec2.send(new RunInstancesCommand({ LaunchTemplate: { LaunchTemplateName, Version }, MinCount: 1, MaxCount: 1 }));

  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName,
      LaunchTemplateData: {
        ImageId: image,
        InstanceType: "t3.micro",
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Role", Value: "web" }] }],
      },
      TagSpecifications: [{ ResourceType: "launch-template", Tags: [{ Key: "Team", Value: "shop" }] }],
    }),
  );
  const second = await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateName,
      SourceVersion: "1",
      LaunchTemplateData: { InstanceType: "t3.large" },
    }),
  );

  assert.equal(second.LaunchTemplateVersion?.VersionNumber, 2);
  assert.equal(second.LaunchTemplateVersion?.LaunchTemplateData?.ImageId, image);
  const [byDefault, latest] = [await launch(), await launch("$Latest")];
  assert.equal(byDefault.Instances?.[0]?.InstanceType, "t3.micro");
  assert.equal(latest.Instances?.[0]?.InstanceType, "t3.large");
  assert.deepEqual(
    latest.Instances?.[0]?.Tags?.map(({ Key, Value }) => `${Key}=${Value}`).filter((tag) => !tag.includes(":id")),
    ["Role=web", "aws:ec2launchtemplate:version=2"],
  );

  await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName, DefaultVersion: "2" }));
  const deleted = await ec2.send(
    new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ["1", "2", "9"] }),
  );
  assert.deepEqual(
    deleted.SuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber),
    [1],
  );
  assert.deepEqual(
    deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber),
    [2, 9],
  );
  const versions = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName }));
  assert.deepEqual(
    versions.LaunchTemplateVersions?.map(({ VersionNumber, DefaultVersion }) => [VersionNumber, DefaultVersion]),
    [[2, true]],
  );
  const { LaunchTemplates } = await ec2.send(
    new DescribeLaunchTemplatesCommand({ Filters: [{ Name: "tag:Team", Values: ["sh*"] }] }),
  );
  assert.equal(LaunchTemplates?.[0]?.DefaultVersionNumber, 2);
});

test("what a request says wins over its launch template, and what is not there is named", async (t) => {
  const { client } = await openLocalCloud(t);
  const ec2 = new EC2Client(client);
  t.after(() => ec2.destroy());
  const create = (LaunchTemplateName: string, ImageId: string) =>
    ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: { ImageId } }));
  await create("web", image);

  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateName: "web" },
      InstanceType: "t3.small",
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  assert.equal(Instances?.[0]?.InstanceType, "t3.small");

  const launch = (LaunchTemplate: object) =>
    ec2.send(new RunInstancesCommand({ LaunchTemplate, MinCount: 1, MaxCount: 1 }));
  await assert.rejects(create("web", image), { name: "InvalidLaunchTemplateName.AlreadyExistsException" });
  await assert.rejects(launch({ LaunchTemplateName: "nope" }), { name: "InvalidLaunchTemplateName.NotFoundException" });
  await assert.rejects(launch({ LaunchTemplateName: "web", Version: "7" }), {
    name: "InvalidLaunchTemplateId.VersionNotFound",
  });
  await create("lost", "ami-0fffffffffffffff1");
  await assert.rejects(launch({ LaunchTemplateName: "lost" }), { name: "InvalidAMIID.NotFound" });
});

test("security groups and key pairs are made, described, and refused when they do not exist", async (t) => {
  const { client } = await openLocalCloud(t);
  const ec2 = new EC2Client(client);
  t.after(() => ec2.destroy());

  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "web", Description: "web servers" }));
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  const rule = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions });
  await ec2.send(rule);
  await assert.rejects(ec2.send(rule), { name: "InvalidPermission.Duplicate" });
  const key = await ec2.send(new CreateKeyPairCommand({ KeyName: "mine" }));
  assert.match(key.KeyMaterial ?? "", /^-----BEGIN RSA PRIVATE KEY-----/);
  const launch = { ImageId: image, MinCount: 1, MaxCount: 1 };
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ...launch, KeyName: "mine", SecurityGroupIds: [GroupId ?? ""] }),
  );

  assert.deepEqual(Instances?.[0]?.SecurityGroups, [{ GroupId, GroupName: "web" }]);
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ["web"] }));
  assert.equal(SecurityGroups?.[0]?.IpPermissions?.[0]?.IpRanges?.[0]?.CidrIp, "0.0.0.0/0");
  await assert.rejects(ec2.send(new DeleteSecurityGroupCommand({ GroupId })), { name: "DependencyViolation" });
  await assert.rejects(ec2.send(new RunInstancesCommand({ ...launch, KeyName: "yours" })), {
    name: "InvalidKeyPair.NotFound",
  });
  await assert.rejects(ec2.send(new RunInstancesCommand({ ...launch, SecurityGroupIds: ["sg-0fffffff"] })), {
    name: "InvalidGroup.NotFound",
  });
});

test("SSM names the image of Amazon Linux, and says which parameters there are not", async (t) => {
  const { client } = await openLocalCloud(t);
  const ssm = new SSMClient(client);
  t.after(() => ssm.destroy());
  const name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

  const found = await ssm.send(new GetParametersCommand({ Names: [name, "/aws/service/nope"] }));

  assert.deepEqual(
    found.Parameters?.map(({ Value }) => Value),
    ["ami-00000000000000002"],
  );
  assert.deepEqual(found.InvalidParameters, ["/aws/service/nope"]);
});

test("launch templates, instances and their tags are there after a restart", async (t) => {
  const first = await openLocalCloud(t);
  const ec2 = new EC2Client(first.client);
  t.after(() => ec2.destroy());
  await ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: image } }),
  );
  const Tags = [{ Key: "Role", Value: "web" }];
  await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateName: "web" },
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: "instance", Tags }],
    }),
  );

  const again = new EC2Client((await first.restart()).client);
  t.after(() => again.destroy());

  const { Reservations } = await again.send(
    new DescribeInstancesCommand({ Filters: [{ Name: "tag:Role", Values: ["web"] }] }),
  );
  assert.equal(Reservations?.[0]?.Instances?.[0]?.State?.Name, "running");
  const tags = await again.send(new DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["Role"] }] }));
  assert.equal(tags.Tags?.length, 1);
  const { LaunchTemplates } = await again.send(new DescribeLaunchTemplatesCommand({}));
  assert.equal(LaunchTemplates?.length, 1);
});
