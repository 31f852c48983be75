import { Fault } from "@sluice/aws-protocol";
import type { ClassicBalancing } from "../classic-balancing.ts";
import { type ClassicOperations, loadBalancerOf } from "../context.ts";
import { instancesOf } from "../describe.ts";

/** Operations on the instances of classic load balancers. */
export const instanceOperations: ClassicOperations = {
  async RegisterInstancesWithLoadBalancer({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    const ids = knownIds(balancing, Instances);
    return { Instances: instancesOf(await balancing.register(record, ids)) };
  },

  async DeregisterInstancesFromLoadBalancer({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    const changed = await balancing.deregister(
      record,
      Instances.map(({ InstanceId = "" }) => InstanceId),
    );
    return { Instances: instancesOf(changed) };
  },

  DescribeInstanceHealth({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    const ids = Instances.length > 0 ? knownIds(balancing, Instances) : record.instances.map(({ id }) => id);
    return { InstanceStates: ids.map((id) => balancing.stateOf(record, id)) };
  },
};

function knownIds(
  balancing: ClassicBalancing,
  instances: readonly { readonly InstanceId?: string | undefined }[],
): readonly string[] {
  const ids = instances.map(({ InstanceId = "" }) => InstanceId);
  const unknown = ids.find((id) => !balancing.isKnown(id));
  if (unknown !== undefined) throw new Fault("InvalidInstance", `Could not find EC2 instance ${unknown}.`);
  return ids;
}
