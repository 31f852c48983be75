import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Group } from "../model/group.ts";

/** What the overrides of a mixed instances policy change of a launch. Capacity never runs out here and has no price, so that the first of them, which has the highest priority, is always taken; requirements are not matched against types: then the template's own type counts. */
export function overrideOf({
  told,
}: Pick<Group, "told">): Pick<RunInstancesCommandInput, "InstanceType" | "LaunchTemplate"> {
  const [first] = told.mixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];
  const { InstanceType, LaunchTemplateSpecification: own } = first ?? {};
  return {
    // The SDK's type lists the types of its day.
    ...(InstanceType === undefined ? {} : { InstanceType: InstanceType as "t3.micro" }),
    ...(own === undefined ? {} : { LaunchTemplate: own }),
  };
}
