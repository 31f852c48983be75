import { withoutUndefined } from "../../../without-undefined.ts";
import type {
  CreateAutoScalingGroupCommandInput,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
  UpdateAutoScalingGroupCommandInput,
} from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import { findTemplate, subnets, versionOf } from "../../ec2/index.ts";
import { terminationPolicies } from "../decide/capacity.ts";
import type { AutoScalingContext } from "../context.ts";
import type { Group, AsGiven } from "../model/group.ts";
import type { LaunchSource } from "../launch-source/launch-source.ts";

// Reads what requests say about a group. Create and Update share this; what a request leaves out is absent.

type Input = Partial<CreateAutoScalingGroupCommandInput> & Partial<UpdateAutoScalingGroupCommandInput>;

/** Limits of Auto Scaling: name, instances, grace period and cooldown in seconds. */
const nameLengthMax = 255;
const sizeMax = 10_000;

/** Returns the settings of a request, apart from sizes. Throws a Fault for what is invalid. */
export function settingsOf(context: AutoScalingContext, input: Input): Partial<Group> {
  const launch = launchSourceOf(context, input);
  const where = subnetsOf(context, input);
  const unknown = input.TerminationPolicies?.find((policy) => !terminationPolicies.includes(policy));
  if (unknown !== undefined) throw new Fault("ValidationError", `Invalid termination policy provided: ${unknown}`);
  const unknownCheck = input.HealthCheckType?.split(",").find(
    (type) => !["EC2", "ELB", "EBS", "VPC_LATTICE"].includes(type),
  );
  if (unknownCheck !== undefined)
    throw new Fault("ValidationError", `Invalid HealthCheckType ${unknownCheck}: expected EC2 or ELB`);
  return {
    ...where,
    ...withoutUndefined({
      launch,
      healthCheckType: input.HealthCheckType,
      gracePeriodSeconds: seconds("HealthCheckGracePeriod", input.HealthCheckGracePeriod),
      cooldownSeconds: seconds("DefaultCooldown", input.DefaultCooldown),
      terminationPolicies: input.TerminationPolicies,
      protectsNewInstances: input.NewInstancesProtectedFromScaleIn,
    }),
  };
}

/** Returns the settings that are described as given. */
export function asGivenOf(input: Input): AsGiven {
  return withoutUndefined({
    placementGroup: input.PlacementGroup,
    capacityRebalance: input.CapacityRebalance,
    serviceLinkedRoleArn: input.ServiceLinkedRoleARN,
    maxInstanceLifetime: input.MaxInstanceLifetime,
    context: input.Context,
    desiredCapacityType: input.DesiredCapacityType,
    defaultInstanceWarmup: input.DefaultInstanceWarmup,
    instanceMaintenancePolicy: input.InstanceMaintenancePolicy,
    mixedInstancesPolicy: input.MixedInstancesPolicy,
  }) as AsGiven; // what is undefined is left out
}

function seconds(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw new Fault("ValidationError", `${name} must be a whole number of seconds of 0 or more, and is ${value}`);
}

/** Returns the name of a new group. Throws a Fault for an invalid one. */
export function nameOf({ AutoScalingGroupName: name = "" }: Input): string {
  if (name !== "" && name.length <= nameLengthMax && /^[ -~]+$/.test(name) && !name.includes(":")) return name;
  throw new Fault(
    "ValidationError",
    `1 validation error detected: Value '${name.slice(0, nameLengthMax)}' at 'autoScalingGroupName' failed to satisfy constraint: 1 to ${nameLengthMax} printable characters without a colon`,
  );
}

/** Returns the sizes of a group after a request. Throws a Fault when they contradict each other. */
export function sizesOf(input: Input, before?: Group): Pick<Group, "minSize" | "maxSize" | "desired"> {
  const minSize = input.MinSize ?? before?.minSize ?? 0;
  const maxSize = input.MaxSize ?? before?.maxSize ?? 0;
  for (const [name, value] of [
    ["Min", minSize],
    ["Max", maxSize],
    ["Desired", input.DesiredCapacity ?? 0],
  ] as const)
    if (!Number.isInteger(value) || value < 0 || value > sizeMax)
      throw new Fault("ValidationError", `${name} size must be a whole number from 0 to ${sizeMax}, and is ${value}`);
  if (maxSize < minSize)
    throw new Fault("ValidationError", `Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  // Where a request names no capacity, the new bounds move it.
  const desired = input.DesiredCapacity ?? Math.min(maxSize, Math.max(minSize, before?.desired ?? minSize));
  if (desired < minSize || desired > maxSize)
    throw new Fault(
      "ValidationError",
      `Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`,
    );
  return { minSize, maxSize, desired };
}

/** Returns what instances are to be launched from, or undefined when a request does not say. Throws a Fault when it does not exist. */
export function launchSourceOf(context: AutoScalingContext, input: Input): LaunchSource | undefined {
  const { LaunchConfigurationName: name, LaunchTemplate, MixedInstancesPolicy } = input;
  if (MixedInstancesPolicy !== undefined) checkOverrides(context, MixedInstancesPolicy);
  const template = LaunchTemplate ?? MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (name !== undefined && template !== undefined)
    throw new Fault(
      "ValidationError",
      "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
    );
  if (name !== undefined) {
    const found = context.launchConfigurations.find(name);
    if (found === undefined)
      throw new Fault(
        "ValidationError",
        `Launch configuration name not found - Launch configuration ${name} not found`,
      );
    return { kind: "configuration", name, data: found.data };
  }
  return template === undefined ? undefined : templateOf(context, template);
}

/** Each override has one way of overriding, and names templates that exist. */
function checkOverrides(context: AutoScalingContext, { LaunchTemplate }: MixedInstancesPolicy): void {
  for (const { InstanceType, InstanceRequirements, LaunchTemplateSpecification: own } of LaunchTemplate?.Overrides ??
    []) {
    if (InstanceType !== undefined && InstanceRequirements !== undefined)
      throw new Fault(
        "ValidationError",
        "An override of a launch template has InstanceType or InstanceRequirements, not both",
      );
    if (own !== undefined) templateOf(context, own);
  }
}

function templateOf({ ec2 }: AutoScalingContext, specification: LaunchTemplateSpecification): LaunchSource {
  try {
    const { id, name, ...template } = findTemplate(ec2.templates, specification);
    const version = specification.Version ?? "$Default";
    const { data } = versionOf({ id, name, ...template }, version);
    if (data.ImageId === undefined) throw new Fault("MissingParameter", "It names no image.");
    return { kind: "template", id, name, version };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault("ValidationError", `You must use a valid fully-formed launch template. ${error.message}`, {
      cause: error,
    });
  }
}

function subnetsOf(
  { region }: AutoScalingContext,
  input: Input,
): Pick<Group, "subnetIds" | "vpcZoneIdentifier"> | undefined {
  const { VPCZoneIdentifier, AvailabilityZones: zones } = input;
  const named =
    VPCZoneIdentifier?.split(",")
      .map((id) => id.trim())
      .filter((id) => id !== "") ?? [];
  if (named.length > 0) {
    const unknown = named.find((id) => subnets.every((subnet) => subnet.id !== id));
    if (unknown !== undefined) throw new Fault("ValidationError", `The subnet ID '${unknown}' does not exist`);
    return { subnetIds: [...new Set(named)], vpcZoneIdentifier: named.join(",") };
  }
  if (zones === undefined || zones.length === 0) return undefined;
  const subnetIds = zones.map((zone) => {
    const found = subnets.find((subnet) => `${region}${subnet.zone}` === zone);
    if (found === undefined)
      throw new Fault(
        "ValidationError",
        `One or more Availability Zones are not valid: ${zone}; there are ${subnets.map((subnet) => `${region}${subnet.zone}`).join(", ")}`,
      );
    return found.id;
  });
  return { subnetIds: [...new Set(subnetIds)] };
}
