import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import type { SharedDataPlane } from "../../../balancer/index.ts";
import type { CloudDatabase } from "../../../store/database.ts";
import { Records } from "../../../store/records.ts";
import type { TimeScale } from "../../../time-scale.ts";
import type { BalancedInstances } from "../balanced-instances.ts";
import { classicAccesses } from "./accesses.ts";
import { ClassicBalancing } from "./classic-balancing.ts";
import { instanceOperations } from "./operations/instances.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { loadBalancerOperations } from "./operations/load-balancers.ts";
import { tagOperations } from "./operations/tags.ts";
import type { ClassicRecord } from "./records.ts";

export type { ClassicBalancing } from "./classic-balancing.ts";

/** Options of `openClassicLoadBalancing`. */
export interface ClassicLoadBalancingOptions {
  readonly db: CloudDatabase;
  readonly dataPlane: SharedDataPlane;
  readonly instances: BalancedInstances;
  readonly clock: () => number;
  readonly timeScale: TimeScale;
  readonly region: string;
  readonly accountId: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Opens classic load balancers. Traffic flows once `dataPlane` is started. */
export function openClassicLoadBalancing(options: ClassicLoadBalancingOptions): {
  readonly service: Service;
  readonly balancing: ClassicBalancing;
} {
  const { db, dataPlane, instances, clock, timeScale, region, accountId, onDefect } = options;
  const records = new Records<ClassicRecord>(db, "classic-load-balancer");
  const balancing = new ClassicBalancing({ records, dataPlane, instances, clock, timeScale });
  balancing.start();
  const service = defineService({
    name: "elasticloadbalancing-classic",
    model: serviceModel("classic-load-balancing"),
    signingNames: ["elasticloadbalancing"],
    operations: { ...loadBalancerOperations, ...listenerOperations, ...instanceOperations, ...tagOperations },
    context: { records, balancing, clock, region },
    accesses: accessesFromTable(classicAccesses({ records, region, accountId })),
    onDefect,
  });
  return { service, balancing };
}
