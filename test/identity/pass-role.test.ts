import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parsePolicy, permit, type ServiceName } from "@sluice/aws-protocol";
import { startCloud } from "@sluice/cloud";
import { openIdentities } from "@sluice/server";
import { ask, callOf } from "./touched/ask.ts";

const dataFolder = mkdtempSync(join(tmpdir(), "sluice-pass-role-"));
const common = { dataFolder, region: "eu-west-1", accountId: "123456789012", clock: () => Date.now() };
const identities = await openIdentities(common);
const cloud = startCloud({
  ...common,
  keys: identities,
  driver: "plain",
  plainInstead: false,
  agentBundle: "/nowhere",
  chaos: { packageLocks: 0 },
});
after(async () => {
  await cloud.close();
  identities.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

type Input = Readonly<Record<string, unknown>>;
const models = { ec2: "ec2", autoscaling: "auto-scaling", iam: "iam" } as const satisfies Record<string, ServiceName>;
type Name = keyof typeof models;

function serviceOf(name: Name) {
  const found = cloud.services.find((service) => service.name === name);
  assert(found !== undefined);
  return found;
}
const make = (name: Name, operation: string, input: Input) => ask(serviceOf(name), models[name], operation, input);

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** An instance profile with a role, which needs the permission to pass it. */
async function newProfile(name: string): Promise<void> {
  await make("iam", "CreateInstanceProfile", { InstanceProfileName: name });
  await make("iam", "CreateRole", { RoleName: name, AssumeRolePolicyDocument: trust });
  await make("iam", "AddRoleToInstanceProfile", { InstanceProfileName: name, RoleName: name });
}

/** Returns "allowed", or what is refused, for a request by a user with all permissions of the service and additional statements. */
async function outcome(name: Name, operation: string, input: Input, ...more: readonly object[]): Promise<string> {
  const service = serviceOf(name);
  const statements = [{ Effect: "Allow", Action: `${name}:*`, Resource: "*" }, ...more];
  const document = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "identity");
  const call = callOf({ policies: [{ kind: "identity-based policy", documents: [document] }] });
  const accesses = (await service.accesses?.(operation, input, call)) ?? [];
  try {
    await permit({}, { signingName: name, protocol: service.protocol, operation, input, call }, accesses);
    return "allowed";
  } catch (error) {
    return String(error).replace(/^.*perform: (\S+) on resource: (\S+) .*(explicit deny|no identity).*$/s, "$1 $2 $3");
  }
}

const pass = (name: string) => ({ Effect: "Allow", Action: "iam:PassRole", Resource: role(name) });
const image = { ImageId: "ami-00000000000000001", InstanceType: "t3.micro" };
const profile = (Name: string) => ({ ...image, IamInstanceProfile: { Name } });
const counts = { MinCount: 1, MaxCount: 1 };
const sizes = { MinSize: 0, MaxSize: 2 };

test("a template for a profile that comes later is judged when it is written, and when it launches", async () => {
  const written = await outcome("ec2", "CreateLaunchTemplate", { LaunchTemplateData: profile("later") });
  await make("ec2", "CreateLaunchTemplate", { LaunchTemplateName: "later", LaunchTemplateData: profile("later") });
  await newProfile("later");

  const LaunchTemplate = { LaunchTemplateName: "later" };
  const launches: readonly (readonly [Name, string, Input])[] = [
    ["ec2", "RunInstances", { ...counts, LaunchTemplate }],
    ["autoscaling", "CreateAutoScalingGroup", { AutoScalingGroupName: "a", ...sizes, LaunchTemplate }],
    ["autoscaling", "UpdateAutoScalingGroup", { AutoScalingGroupName: "a", LaunchTemplate }],
    ["autoscaling", "StartInstanceRefresh", { AutoScalingGroupName: "a", DesiredConfiguration: { LaunchTemplate } }],
    [
      "autoscaling",
      "CreateAutoScalingGroup",
      {
        AutoScalingGroupName: "a",
        ...sizes,
        MixedInstancesPolicy: {
          LaunchTemplate: { Overrides: [{ LaunchTemplateSpecification: { ...LaunchTemplate, Version: "1" } }] },
        },
      },
    ],
  ];

  assert.equal(written, "iam:PassRole * no identity");
  for (const [name, operation, input] of launches) {
    assert.equal(await outcome(name, operation, input), `iam:PassRole ${role("later")} no identity`, operation);
    assert.equal(await outcome(name, operation, input, pass("later")), "allowed", operation);
    assert.equal(await outcome(name, operation, input, pass("another")), `iam:PassRole ${role("later")} no identity`);
  }
});

test("what is launched from a configuration, after an instance or by a later version of a template is judged as well", async () => {
  await newProfile("kept");
  const LaunchConfigurationName = "kept";
  await make("autoscaling", "CreateLaunchConfiguration", {
    LaunchConfigurationName,
    ...image,
    IamInstanceProfile: "kept",
  });
  await make("ec2", "CreateLaunchTemplate", { LaunchTemplateName: "kept", LaunchTemplateData: profile("kept") });
  const made = await make("ec2", "RunInstances", { ...counts, ...profile("kept") });
  const InstanceId = /<instanceId>([^<]+)</.exec(made)?.[1];
  const group = { AutoScalingGroupName: "b", ...sizes };
  const refused = `iam:PassRole ${role("kept")} no identity`;

  const version = { LaunchTemplateName: "kept", SourceVersion: "1", LaunchTemplateData: { InstanceType: "t3.large" } };
  assert.equal(await outcome("ec2", "CreateLaunchTemplateVersion", version), refused);
  assert.equal(await outcome("autoscaling", "CreateAutoScalingGroup", { ...group, LaunchConfigurationName }), refused);
  assert.equal(await outcome("autoscaling", "CreateAutoScalingGroup", { ...group, InstanceId }), refused);
});

test("who scales a group needs no right to its role, and is stopped by a Deny of passing it or of launching", async () => {
  await newProfile("fleet");
  await make("ec2", "CreateLaunchTemplate", { LaunchTemplateName: "fleet", LaunchTemplateData: profile("fleet") });
  await make("autoscaling", "CreateAutoScalingGroup", {
    AutoScalingGroupName: "fleet",
    ...sizes,
    AvailabilityZones: ["eu-west-1a"],
    LaunchTemplate: { LaunchTemplateName: "fleet" },
  });
  const scale = (...more: readonly object[]) =>
    outcome("autoscaling", "SetDesiredCapacity", { AutoScalingGroupName: "fleet", DesiredCapacity: 1 }, ...more);

  assert.equal(await scale(), "allowed");
  assert.equal(await scale({ ...pass("fleet"), Effect: "Deny" }), `iam:PassRole ${role("fleet")} explicit deny`);
  assert.match(
    await scale({ Effect: "Deny", Action: "ec2:RunInstances", Resource: "*" }),
    /^ec2:RunInstances .* explicit deny$/,
  );
});

test("an instance keeps the profile that it was launched with when another one gets its name", async () => {
  await newProfile("given-again");
  const name = { InstanceProfileName: "given-again" };
  const launch = {
    ImageId: "ami-00000000000000001",
    MinCount: 1,
    MaxCount: 1,
    IamInstanceProfile: { Name: "given-again" },
  };
  await make("ec2", "RunInstances", launch);
  const shown = async () => JSON.stringify(await make("ec2", "DescribeInstances", {})).match(/AIPA[A-Z0-9]{17}/g);

  const before = await shown();
  await make("iam", "RemoveRoleFromInstanceProfile", { ...name, RoleName: "given-again" });
  await make("iam", "DeleteInstanceProfile", name);
  await make("iam", "CreateInstanceProfile", name);

  assert(before !== null);
  assert.deepEqual(await shown(), before);
});
