import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { type Group, isSuspended, type TrafficSource } from "../model/group.ts";
import { pageOf } from "../pagination.ts";

interface SourcesInput {
  readonly TargetGroupARNs?: readonly string[] | undefined;
  readonly LoadBalancerNames?: readonly string[] | undefined;
  readonly TrafficSources?:
    | readonly { readonly Identifier: string | undefined; readonly Type?: string | undefined }[]
    | undefined;
}

/** Returns the traffic sources that a request names, each once. Throws a Fault when one does not exist. */
export function sourcesOf({ trafficSources }: AutoScalingContext, input: SourcesInput): readonly TrafficSource[] {
  const named = [
    ...(input.TargetGroupARNs ?? []).map((id): TrafficSource => ({ type: "elbv2", id })),
    ...(input.LoadBalancerNames ?? []).map((id): TrafficSource => ({ type: "elb", id })),
    ...(input.TrafficSources ?? []).map(({ Identifier: id = "", Type }): TrafficSource => {
      const type = Type ?? (id.startsWith("arn:") ? "elbv2" : "elb");
      if (type !== "elbv2" && type !== "elb")
        throw new Fault(
          "ValidationError",
          `Traffic sources of type ${type} are not supported here: expected elbv2 or elb`,
        );
      return { type, id };
    }),
  ];
  const sources = named.filter((source, index) => named.findIndex((other) => isSame(source, other)) === index);
  for (const source of sources) trafficSources.check(source);
  return sources;
}

const isSame = (one: TrafficSource, other: TrafficSource) => one.type === other.type && one.id === other.id;

/** Operations on the traffic sources of groups. */
export const trafficSourceOperations: AutoScalingOperations = {
  AttachLoadBalancerTargetGroups: (context, input) =>
    attach(context, input.AutoScalingGroupName, sourcesOf(context, input)),
  AttachLoadBalancers: (context, input) => attach(context, input.AutoScalingGroupName, sourcesOf(context, input)),
  AttachTrafficSources: (context, input) => attach(context, input.AutoScalingGroupName, sourcesOf(context, input)),
  DetachLoadBalancerTargetGroups: (context, input) => detach(context, input.AutoScalingGroupName, input),
  DetachLoadBalancers: (context, input) => detach(context, input.AutoScalingGroupName, input),
  DetachTrafficSources: (context, input) => detach(context, input.AutoScalingGroupName, input),

  DescribeLoadBalancerTargetGroups(context, input) {
    const { items, next } = stated(context, input, "elbv2");
    return {
      LoadBalancerTargetGroups: items.map(({ id, State }) => ({ LoadBalancerTargetGroupARN: id, State })),
      NextToken: next,
    };
  },

  DescribeLoadBalancers(context, input) {
    const { items, next } = stated(context, input, "elb");
    return { LoadBalancers: items.map(({ id, State }) => ({ LoadBalancerName: id, State })), NextToken: next };
  },

  DescribeTrafficSources(context, input) {
    const { items, next } = stated(context, input, input.TrafficSourceType);
    return {
      TrafficSources: items.map(({ id, type, State }) => ({ Identifier: id, Type: type, State, TrafficSource: id })),
      NextToken: next,
    };
  },
};

async function attach(
  context: AutoScalingContext,
  name: string | undefined,
  sources: readonly TrafficSource[],
): Promise<void> {
  const { groups, trafficSources } = context;
  const group = groups.getActive(name);
  const added = sources.filter((source) => !group.sources.some((kept) => isSame(kept, source)));
  groups.put({ ...group, sources: [...group.sources, ...added] });
  const serving = group.members.filter(({ state }) => state === "InService").map(({ id }) => id);
  if (serving.length > 0 && !isSuspended(group, "AddToLoadBalancer"))
    for (const source of added) await trafficSources.register(source, serving);
}

async function detach(
  { groups, trafficSources }: AutoScalingContext,
  name: string | undefined,
  input: SourcesInput,
): Promise<void> {
  const group = groups.getActive(name);
  const ids = [
    ...(input.TargetGroupARNs ?? []),
    ...(input.LoadBalancerNames ?? []),
    ...(input.TrafficSources ?? []).map(({ Identifier }) => Identifier),
  ];
  const isMeant = ({ id }: TrafficSource) => ids.includes(id);
  const unknown = ids.find((id) => !group.sources.some((source) => source.id === id));
  if (unknown !== undefined)
    throw new Fault("ValidationError", `Trying to remove Target Groups that are not part of the group: ${unknown}`);
  groups.put({ ...group, sources: group.sources.filter((source) => !isMeant(source)) });
  for (const source of group.sources.filter(isMeant))
    await trafficSources.deregister(
      source,
      group.members.map(({ id }) => id),
    );
}

function stated(
  { groups, trafficSources }: AutoScalingContext,
  input: { AutoScalingGroupName?: string | undefined; MaxRecords?: number | undefined; NextToken?: string | undefined },
  type: string | undefined,
) {
  const group = groups.get(input.AutoScalingGroupName);
  const { items, next } = pageOf(
    group.sources.filter((source) => type === undefined || source.type === type),
    input,
  );
  return { items: items.map((source) => ({ ...source, State: stateOf(group, source, trafficSources) })), next };
}

function stateOf(
  { members, healthCheckType }: Group,
  source: TrafficSource,
  traffic: AutoScalingContext["trafficSources"],
): string {
  const serving = members.filter(({ state }) => state === "InService").map(({ id }) => traffic.health(source, id));
  if (serving.some((health) => health === undefined || health === "initial")) return "Adding";
  return healthCheckType.includes("ELB") && serving.includes("healthy") ? "InService" : "Added";
}
