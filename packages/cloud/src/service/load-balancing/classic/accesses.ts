import type { Tag } from "@aws-sdk/client-elastic-load-balancing";
import {
  type Access,
  type AccessTable,
  onAnyResource,
  requestTags,
  resourceTags,
  withTags,
} from "@sluice/aws-protocol";
import type { Records } from "../../../store/records.ts";
import type { ClassicRecord } from "./records.ts";

type Input = Readonly<Record<string, unknown>>;

interface Place {
  readonly records: Records<ClassicRecord>;
  readonly region: string;
  readonly accountId: string;
}

/** What each request to classic load balancers touches (their service authorization reference). */
export function classicAccesses(place: Place): AccessTable {
  const of =
    (member: string) =>
    (input: Input): readonly Access[] =>
      texts(input[member]).map((name) => existing(place, name, input));
  return {
    ...onAnyResource(describing),
    ...Object.fromEntries(changing.map((operation) => [operation, of("LoadBalancerName")])),
    CreateLoadBalancer: (input) =>
      of("LoadBalancerName")(input).flatMap((made) => withTags(made, "elasticloadbalancing:AddTags", input["Tags"])),
    AddTags: of("LoadBalancerNames"),
    RemoveTags: of("LoadBalancerNames"),
  };
}

const describing = [
  "DescribeLoadBalancers",
  "DescribeLoadBalancerAttributes",
  "DescribeInstanceHealth",
  "DescribeTags",
];

const changing = [
  "DeleteLoadBalancer",
  "ModifyLoadBalancerAttributes",
  "ConfigureHealthCheck",
  "RegisterInstancesWithLoadBalancer",
  "DeregisterInstancesFromLoadBalancer",
  "CreateLoadBalancerListeners",
  "DeleteLoadBalancerListeners",
];

function existing({ records, region, accountId }: Place, name: string, { Tags }: Input): Access {
  const tags = (Tags ?? []) as readonly Partial<Tag>[]; // decoded by the service's own table
  return {
    resource: `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/${name}`,
    context: {
      ...resourceTags(records.find(name)?.tags, "elasticloadbalancing:ResourceTag"),
      // Tags to remove are named by their keys alone.
      ...requestTags(
        tags.filter(({ Value }) => Value !== undefined),
        tags.flatMap(({ Key }) => Key ?? []),
      ),
    },
  };
}

const texts = (found: unknown): readonly string[] =>
  [found].flat().filter((one): one is string => typeof one === "string");
