import type { Access } from "@sluice/aws-protocol";
import { scalingAccess } from "../accesses.ts";
import type { EcsContext } from "../context.ts";
import { serviceKey } from "./service.ts";
import { desiredCountMax } from "./create-service.ts";

/** The counts of services, for what scales them. */
export interface ScalableServices {
  /** The tasks that a service wants; undefined when the cluster has no active service of this name. */
  desiredCount(cluster: string, name: string): number | undefined;
  /** What a caller who has it scaled must be allowed to do. */
  access(cluster: string, name: string): Access;
  /** Lets a service want another number of tasks, as far as it may have that many. */
  scale(cluster: string, name: string, count: number): void;
}

/** Gives access to the counts of services. */
export function scalableServices(context: EcsContext): ScalableServices {
  const find = (cluster: string, name: string) => {
    const found = context.services.find(serviceKey({ cluster, name }));
    return found?.status === "ACTIVE" ? found : undefined;
  };
  return {
    desiredCount: (cluster, name) => find(cluster, name)?.desiredCount,
    access: (cluster, name) => scalingAccess(context, cluster, name),
    scale(cluster, name, count) {
      const service = find(cluster, name);
      if (service === undefined) return;
      context.services.put({ ...service, desiredCount: Math.min(count, desiredCountMax) });
      context.wake(service);
    },
  };
}
