import type { EC2TagFilter } from "@aws-sdk/client-codedeploy";
import type { EC2Client, EC2ClientConfig, Filter, Instance } from "@aws-sdk/client-ec2";
import type { InstanceState } from "@sluice/engine";

/** An instance that a deployment group selects. */
export interface FoundInstance {
  readonly id: string;
  readonly state: InstanceState;
}

/** The only file that knows EC2's API. The client is loaded when the first deployment needs it. */
export function fleetGateway(config: () => EC2ClientConfig) {
  let client: Promise<EC2Client> | undefined;
  const ec2 = () => (client ??= import("@aws-sdk/client-ec2").then(({ EC2Client }) => new EC2Client(config())));
  return {
    /** Instances that match one tag of every set (deployments.md §1, rule 9). No set matches nothing. */
    async find(tagSets: readonly (readonly EC2TagFilter[])[]): Promise<readonly FoundInstance[]> {
      if (tagSets.length === 0) return [];
      const [first = [], ...others] = await Promise.all(tagSets.map(async (set) => anyOf(await ec2(), set)));
      return first.filter(({ id }) => others.every((set) => set.some((other) => other.id === id)));
    },
    /** States by instance id; ids that EC2 no longer knows are terminated. */
    async states(instanceIds: readonly string[]): Promise<Readonly<Record<string, InstanceState>>> {
      const found = await describe(await ec2(), [{ Name: "instance-id", Values: [...instanceIds] }]);
      const gone = instanceIds
        .filter((id) => found.every((instance) => instance.id !== id))
        .map((id) => [id, "terminated"] as const);
      return Object.fromEntries([...gone, ...found.map(({ id, state }) => [id, state] as const)]);
    },
    async close(): Promise<void> {
      (await client)?.destroy();
    },
  };
}

async function anyOf(client: EC2Client, tags: readonly EC2TagFilter[]): Promise<readonly FoundInstance[]> {
  const lists = await Promise.all(tags.map((tag) => describe(client, [filterOf(tag)])));
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

async function describe(client: EC2Client, Filters: Filter[]): Promise<readonly FoundInstance[]> {
  const { paginateDescribeInstances } = await import("@aws-sdk/client-ec2");
  const found: FoundInstance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters }))
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(instanceOf));
  return found;
}

const instanceOf = ({ InstanceId, State }: Instance): readonly FoundInstance[] =>
  InstanceId === undefined || State?.Name === undefined ? [] : [{ id: InstanceId, state: State.Name }];
