import type { InstanceState } from "@aws-sdk/client-elastic-load-balancing";
import type { Registration } from "@sluice/engine";
import type { Clients } from "./clients.ts";

/** Deregisters an instance from the classic load balancers it was in. Returns a sentence for each that still drains. */
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
      if (state !== undefined) await deregister(clients, name, instance);
      continue;
    }
    await deregister(clients, name, instance);
    waiting.push(`${instance} drains from ${name}`);
  }
  return waiting;
}

/** Registers an instance with classic load balancers. Returns a sentence for each in which it is not in service yet. */
export async function allowClassic(
  clients: Clients,
  instance: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const waiting: string[] = [];
  for (const name of names) {
    const state = await stateIn(clients, name, instance);
    if (state?.State === "InService") continue;
    if (state === undefined) await register(clients, name, instance);
    const why = [state?.ReasonCode, state?.Description].filter((part) => part !== undefined && part !== "N/A");
    waiting.push(
      `${instance} is ${state?.State ?? "not registered"} in ${name}${why.length > 0 ? ` (${why.join(": ")})` : ""}`,
    );
  }
  return waiting;
}

/** Returns how many of the instances are registered with any of these classic load balancers. */
export async function registeredInClassic(
  clients: Clients,
  fleet: ReadonlySet<string>,
  names: readonly string[],
): Promise<number> {
  const registered = new Set<string>();
  for (const name of names)
    for (const { InstanceId = "" } of await states(clients, name))
      if (fleet.has(InstanceId)) registered.add(InstanceId);
  return registered.size;
}

/** Returns the names of classic load balancers that do not exist. */
export async function unknownClassic(clients: Clients, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const classic = await clients.classicLoadBalancing();
  const unknown: string[] = [];
  for (const name of names) {
    try {
      await classic.describeLoadBalancers({ LoadBalancerNames: [name] });
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
  const classic = await clients.classicLoadBalancing();
  try {
    const { InstanceStates = [] } = await classic.describeInstanceHealth({ LoadBalancerName });
    return InstanceStates;
  } catch (error) {
    if (isUnknown(error)) return [];
    throw error;
  }
}

const stateIn = async (clients: Clients, name: string, instance: string): Promise<InstanceState | undefined> =>
  (await states(clients, name)).find(({ InstanceId }) => InstanceId === instance);

async function deregister(clients: Clients, LoadBalancerName: string, InstanceId: string): Promise<void> {
  const classic = await clients.classicLoadBalancing();
  await classic.deregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId }] });
}

async function register(clients: Clients, LoadBalancerName: string, InstanceId: string): Promise<void> {
  const classic = await clients.classicLoadBalancing();
  await classic.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId }] });
}
