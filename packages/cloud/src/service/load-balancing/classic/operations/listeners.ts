import type { Listener } from "@aws-sdk/client-elastic-load-balancing";
import { Fault } from "@sluice/aws-protocol";
import { type ClassicContext, type ClassicOperations, loadBalancerOf } from "../context.ts";
import type { ClassicListener, ClassicRecord } from "../records.ts";

/** Operations on the listeners of classic load balancers. */
export const listenerOperations: ClassicOperations = {
  async CreateLoadBalancerListeners(context, { LoadBalancerName, Listeners = [] }) {
    const record = loadBalancerOf(context.records, LoadBalancerName);
    const more = Listeners.map(checkedListener);
    const duplicate = more.find(({ port }) => record.listeners.some((one) => one.port === port));
    if (duplicate !== undefined)
      throw new Fault(
        "DuplicateListener",
        `A listener already exists for ${record.name} with LoadBalancerPort ${duplicate.port}`,
      );
    await keepOpened(context, { ...record, listeners: [...record.listeners, ...more] }, record);
  },

  async DeleteLoadBalancerListeners({ records, balancing }, { LoadBalancerName, LoadBalancerPorts = [] }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    await balancing.keep({
      ...record,
      listeners: record.listeners.filter(({ port }) => !LoadBalancerPorts.includes(port)),
    });
  },
};

/** Returns a listener of a request; throws a Fault for what is invalid. */
export function checkedListener({
  Protocol = "",
  LoadBalancerPort = 0,
  InstancePort = 0,
  InstanceProtocol,
}: Listener): ClassicListener {
  const protocol = Protocol.toUpperCase();
  if (protocol !== "HTTP" && protocol !== "TCP")
    throw new Fault(
      "UnsupportedProtocol",
      `Protocol '${Protocol}' is not supported by the local cloud: it must be 'HTTP' or 'TCP'`,
    );
  if (InstanceProtocol !== undefined && InstanceProtocol.toUpperCase() !== protocol)
    throw new Fault(
      "InvalidConfigurationRequest",
      `InstanceProtocol '${InstanceProtocol}' does not go with '${Protocol}'`,
    );
  for (const port of [LoadBalancerPort, InstancePort])
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Fault("ValidationError", `Port '${port}' must be from 1 to 65535`);
  return { protocol, port: LoadBalancerPort, instancePort: InstancePort };
}

/** Stores a load balancer whose new ports can be opened; otherwise everything stays as it was, and a Fault is thrown. */
export async function keepOpened(
  { balancing }: ClassicContext,
  record: ClassicRecord,
  before: ClassicRecord | undefined,
): Promise<void> {
  await balancing.keep(record);
  const fresh = record.listeners.filter(({ port }) => !before?.listeners.some((one) => one.port === port));
  const refused = fresh.find(({ port }) => balancing.refusalOf(port) !== undefined);
  if (refused === undefined) return;
  const why = balancing.refusalOf(refused.port);
  if (before === undefined) await balancing.delete(record.name);
  else await balancing.keep(before);
  throw new Fault("InvalidConfigurationRequest", `Cannot listen on 127.0.0.1:${refused.port}: ${why}`);
}
