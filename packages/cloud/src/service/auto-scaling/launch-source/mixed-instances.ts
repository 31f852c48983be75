import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Group } from "../model/group.ts";

/**
 * Returns a launch with the overrides of the group's mixed instances policy. The first override has the highest priority
 * and is always taken, as capacity never runs out here and costs nothing. Requirements are not matched against instance
 * types: then the template's own type counts.
 */
export function withOverride(
  request: RunInstancesCommandInput,
  { asGiven }: Pick<Group, "asGiven">,
): RunInstancesCommandInput {
  const [first] = asGiven.mixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];
  const type = first?.InstanceType as RunInstancesCommandInput["InstanceType"]; // the SDK's type is an enum of its day
  const template = first?.LaunchTemplateSpecification;
  return {
    ...request,
    InstanceType: type ?? request.InstanceType,
    LaunchTemplate: template ?? request.LaunchTemplate,
  };
}
