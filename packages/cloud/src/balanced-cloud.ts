import { Fault, type Service } from "@sluice/aws-protocol";
import type { InstanceDriver } from "./instance/index.ts";
import { Traffic } from "./load-balancer/index.ts";
import type { Traffic as FleetTraffic } from "./service/auto-scaling/index.ts";
import { type BalancedInstances, openLoadBalancing, type TargetGroups } from "./service/load-balancing/index.ts";
import type { CloudDatabase } from "./store/database.ts";

/** What the services that have to do with traffic are opened with. */
export interface BalancedCloudOptions {
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly fleet: Pick<BalancedInstances, "find">;
  readonly driver: InstanceDriver;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** The services that have to do with traffic, and the traffic itself. */
export interface BalancedCloud {
  readonly services: readonly Service[];
  /** For Auto Scaling groups, which register their instances by themselves. */
  readonly traffic: FleetTraffic;
  /** Begins to carry traffic; instances can be reached by then. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the services that have to do with traffic. */
export function openBalancedCloud({ fleet, driver, ...common }: BalancedCloudOptions): BalancedCloud {
  const traffic = new Traffic({ onDefect: common.onDefect });
  const instances: BalancedInstances = {
    find: (id) => fleet.find(id),
    addressOf: (instance, port) => driver.addressOf(instance, port),
  };
  const balancing = openLoadBalancing({ ...common, traffic, instances });
  return {
    services: [balancing.service],
    traffic: fleetTraffic(balancing.targetGroups),
    start: () => traffic.start(driver.enter()),
    async close() {
      balancing.close();
      await traffic.close();
    },
  };
}

function fleetTraffic(targetGroups: TargetGroups): FleetTraffic {
  return {
    check({ type, id }) {
      if (type === "elbv2" && targetGroups.exists(id)) return;
      throw new Fault(
        "ValidationError",
        `Provided Load Balancers or Target Groups may not be valid: '${id}' does not exist`,
      );
    },
    register: ({ id }, instanceIds) => targetGroups.register(id, instanceIds),
    deregister: ({ id }, instanceIds) => targetGroups.deregister(id, instanceIds),
    health: ({ id }, instanceId) => targetGroups.healthOf(id, instanceId),
  };
}
