import type { EC2TagFilter } from "@aws-sdk/client-codedeploy";
import type { Filter, Instance } from "@aws-sdk/client-ec2";
import type { InstanceState } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { scalingGroups } from "./scaling-groups.ts";

/** An instance that a deployment group selects. */
export interface FleetInstance {
  readonly id: string;
  readonly state: InstanceState;
  readonly zone?: string | undefined;
  readonly image?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly scalingGroup?: string | undefined;
}

/** Returns the instances that match one tag of every set (deployments.md §1, rule 9); without a set, none. */
export async function taggedInstances(
  clients: Clients,
  tagSets: readonly (readonly EC2TagFilter[])[],
): Promise<readonly FleetInstance[]> {
  if (tagSets.length === 0) return [];
  const [first = [], ...others] = await Promise.all(tagSets.map((set) => anyOf(clients, set)));
  return first.filter(({ id }) => others.every((set) => set.some((other) => other.id === id)));
}

/** Returns the instances that are in service in Auto Scaling groups (deployments.md §1, rule 10). */
export async function scalingGroupInstances(
  clients: Clients,
  names: readonly string[],
): Promise<readonly FleetInstance[]> {
  if (names.length === 0) return [];
  const ids = (await scalingGroups(clients, names))
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ LifecycleState }) => LifecycleState === "InService")
    .flatMap(({ InstanceId }) => InstanceId ?? []);
  return ids.length === 0 ? [] : describe(clients, [{ Name: "instance-id", Values: ids }]);
}

/** Returns states by instance id; an instance that EC2 no longer knows is terminated. */
export async function instanceStates(
  clients: Clients,
  instanceIds: readonly string[],
): Promise<Readonly<Record<string, InstanceState>>> {
  const instances = await describe(clients, [{ Name: "instance-id", Values: [...instanceIds] }]);
  const gone = instanceIds
    .filter((id) => instances.every((instance) => instance.id !== id))
    .map((id) => [id, "terminated"] as const);
  return Object.fromEntries([...gone, ...instances.map(({ id, state }) => [id, state] as const)]);
}

async function anyOf(clients: Clients, tags: readonly EC2TagFilter[]): Promise<readonly FleetInstance[]> {
  const lists = await Promise.all(tags.map((tag) => describe(clients, [filterOf(tag)])));
  return [...new Map(lists.flat().map((instance) => [instance.id, instance])).values()];
}

function filterOf({ Key = "", Value = "", Type }: EC2TagFilter): Filter {
  switch (Type) {
    case "KEY_ONLY":
      return { Name: "tag-key", Values: [Key] };
    case "VALUE_ONLY":
      return { Name: "tag-value", Values: [Value] };
    default:
      return { Name: `tag:${Key}`, Values: [Value] };
  }
}

async function describe(clients: Clients, Filters: Filter[]): Promise<readonly FleetInstance[]> {
  const ec2 = await clients.ec2();
  const instances: FleetInstance[] = [];
  for await (const { Reservations = [] } of ec2.paginateDescribeInstances({ Filters }))
    instances.push(...Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(instanceOf));
  return instances;
}

/** The tag that Auto Scaling gives its instances. */
const scalingGroupTag = "aws:autoscaling:groupName";

function instanceOf({ InstanceId, State, Placement, ImageId, InstanceType, Tags }: Instance): readonly FleetInstance[] {
  const zone = Placement?.AvailabilityZone;
  if (InstanceId === undefined || State?.Name === undefined) return [];
  const scalingGroup = Tags?.find(({ Key }) => Key === scalingGroupTag)?.Value;
  return [{ id: InstanceId, state: State.Name, zone, image: ImageId, instanceType: InstanceType, scalingGroup }];
}
