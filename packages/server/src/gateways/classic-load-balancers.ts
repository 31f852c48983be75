import type { InstanceState } from "@aws-sdk/client-elastic-load-balancing";
import type { Registration } from "@sluice/engine";
import type { Clients } from "./clients.ts";

/** Deregisters an instance from the classic load balancers it was in, and says from which it has not gone yet. */
export async function blockClassic(
  clients: Clients,
  instance: string,
  registrations: readonly Registration[],
): Promise<readonly string[]> {
  const names = registrations.flatMap((one) => ("classic" in one ? [one.classic] : []));
  const waiting: string[] = [];
  for (const name of names) {
    const state = await stateIn(clients, name, instance);
    if (state === undefined || state.State === "OutOfService") {
      if (state !== undefined) await leave(clients, name, instance);
      continue;
    }
    await leave(clients, name, instance);
    waiting.push(`${instance} drains from ${name}`);
  }
  return waiting;
}

/** Registers an instance with classic load balancers, and says where it is not in service yet. */
export async function allowClassic(
  clients: Clients,
  instance: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const waiting: string[] = [];
  for (const name of names) {
    const state = await stateIn(clients, name, instance);
    if (state?.State === "InService") continue;
    if (state === undefined) await join(clients, name, instance);
    const why = [state?.ReasonCode, state?.Description].filter((part) => part !== undefined && part !== "N/A");
    waiting.push(
      `${instance} is ${state?.State ?? "not registered"} in ${name}${why.length > 0 ? ` (${why.join(": ")})` : ""}`,
    );
  }
  return waiting;
}

/** How many of the instances are registered with any of these classic load balancers. */
export async function registeredInClassic(
  clients: Clients,
  fleet: ReadonlySet<string>,
  names: readonly string[],
): Promise<number> {
  const found = new Set<string>();
  for (const name of names)
    for (const { InstanceId = "" } of await states(clients, name)) if (fleet.has(InstanceId)) found.add(InstanceId);
  return found.size;
}

/** Names that no classic load balancer has. */
export async function unknownClassic(clients: Clients, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const { DescribeLoadBalancersCommand } = await import("@aws-sdk/client-elastic-load-balancing");
  const unknown: string[] = [];
  for (const name of names) {
    try {
      await (await clients.classic()).send(new DescribeLoadBalancersCommand({ LoadBalancerNames: [name] }));
    } catch (error) {
      if (!isUnknown(error)) throw error;
      unknown.push(name);
    }
  }
  return unknown;
}

const isUnknown = (error: unknown): boolean =>
  error instanceof Error && /LoadBalancerNotFound|AccessPointNotFound/.test(error.name);

async function states(clients: Clients, LoadBalancerName: string): Promise<readonly InstanceState[]> {
  const { DescribeInstanceHealthCommand } = await import("@aws-sdk/client-elastic-load-balancing");
  try {
    const answer = await (await clients.classic()).send(new DescribeInstanceHealthCommand({ LoadBalancerName }));
    return answer.InstanceStates ?? [];
  } catch (error) {
    if (isUnknown(error)) return [];
    throw error;
  }
}

const stateIn = async (clients: Clients, name: string, instance: string): Promise<InstanceState | undefined> =>
  (await states(clients, name)).find(({ InstanceId }) => InstanceId === instance);

async function leave(clients: Clients, LoadBalancerName: string, InstanceId: string): Promise<void> {
  const { DeregisterInstancesFromLoadBalancerCommand } = await import("@aws-sdk/client-elastic-load-balancing");
  const command = new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId }] });
  await (await clients.classic()).send(command);
}

async function join(clients: Clients, LoadBalancerName: string, InstanceId: string): Promise<void> {
  const { RegisterInstancesWithLoadBalancerCommand } = await import("@aws-sdk/client-elastic-load-balancing");
  const command = new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId }] });
  await (await clients.classic()).send(command);
}
