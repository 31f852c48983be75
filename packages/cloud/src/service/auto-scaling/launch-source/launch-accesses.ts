import type {
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
  CreateAutoScalingGroupCommandInput as Request,
} from "@aws-sdk/client-auto-scaling";
import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Access } from "@sluice/aws-protocol";
import { launchAccesses } from "../../ec2/index.ts";
import type { AutoScalingContext } from "../context.ts";
import { copiedLaunch } from "./copied-launch.ts";
import type { LaunchSource } from "./launch-source.ts";
import { withOverride } from "./mixed-instances.ts";
import { asRefreshed } from "../decide/refresh.ts";

type Input = Readonly<Record<string, unknown>>;

/** What a request that gives a group its launch source touches: the role of the instances must be one that the caller may pass. As on AWS a Deny of RunInstances counts. */
export function launchedFrom(context: AutoScalingContext, input: Input): readonly Access[] {
  const tags = (input["Tags"] ?? []) as NonNullable<Request["Tags"]>; // decoded by the service's own table
  const propagated = tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch === true);
  return requestsOf(context, input)
    .flatMap((request) => launchAccesses(context.ec2, withTags(request, propagated)))
    .map((access) => (access.action === "iam:PassRole" ? access : { ...access, isOpen: true }));
}

/** What a request touches after which a group launches more of what it has. As on AWS the request that gave it its launch source was judged, so only a Deny counts here. */
export function launchAgainAccesses(context: AutoScalingContext, name = ""): readonly Access[] {
  const found = context.groups.find(name);
  if (found === undefined) return [];
  const group = asRefreshed(found);
  const tags = group.tags.filter(({ propagate }) => propagate).map(({ key, value }) => ({ Key: key, Value: value }));
  const request = withOverride(requestFrom(group.launch), group);
  return launchAccesses(context.ec2, withTags(request, tags)).map((access) => ({ ...access, isOpen: true }));
}

/** Returns the launches that a request describes: by a template, its overrides, a configuration, or like an instance. */
function requestsOf(context: AutoScalingContext, input: Input): readonly RunInstancesCommandInput[] {
  const { LaunchTemplate, MixedInstancesPolicy, LaunchConfigurationName, InstanceId } = input as {
    readonly LaunchTemplate?: LaunchTemplateSpecification | undefined;
    readonly MixedInstancesPolicy?: MixedInstancesPolicy | undefined;
    readonly LaunchConfigurationName?: string | undefined;
    readonly InstanceId?: string | undefined;
  }; // decoded by the service's own table
  const { LaunchTemplateSpecification: main, Overrides = [] } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  const templates = [LaunchTemplate, main, ...Overrides.map(({ LaunchTemplateSpecification: own }) => own)];
  const found = context.launchConfigurations.find(LaunchConfigurationName ?? "");
  const copied = copiedLaunch(context, InstanceId);
  return [
    ...templates.flatMap((template) => (template === undefined ? [] : [oneOf({ LaunchTemplate: template })])),
    ...(found === undefined ? [] : [requestFrom({ kind: "configuration", ...found })]),
    ...(copied === undefined ? [] : [requestFrom(copied.launch)]),
  ];
}

function requestFrom(launch: LaunchSource): RunInstancesCommandInput {
  if (launch.kind === "configuration") return oneOf(launch.data as Partial<RunInstancesCommandInput>); // the same members
  return oneOf({ LaunchTemplate: { LaunchTemplateId: launch.id, Version: launch.version } });
}

const oneOf = (members: Partial<RunInstancesCommandInput>): RunInstancesCommandInput => ({
  ...members,
  MinCount: 1,
  MaxCount: 1,
});

const withTags = (
  request: RunInstancesCommandInput,
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): RunInstancesCommandInput =>
  tags.length === 0
    ? request
    : {
        ...request,
        TagSpecifications: [{ ResourceType: "instance", Tags: tags.map(({ Key, Value }) => ({ Key, Value })) }],
      };
