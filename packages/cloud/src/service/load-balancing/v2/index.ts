import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import type { ListenerCertificates } from "../../../listener-certificates.ts";
import type { SharedDataPlane } from "../../../balancer/index.ts";
import type { CloudDatabase } from "../../../store/database.ts";
import type { TimeScale } from "../../../time-scale.ts";
import { loadBalancingAccesses } from "./accesses.ts";
import { Balancing } from "./balancing.ts";
import type { BalancedInstances } from "../balanced-instances.ts";
import { listenerCertificateOperations } from "./operations/listener-certificates.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { loadBalancerOperations } from "./operations/load-balancers.ts";
import { LoadBalancingRecords } from "./records.ts";
import { ruleOperations } from "./operations/rules.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetGroupOperations } from "./operations/target-groups.ts";
import { TargetGroups } from "./target-groups-for-fleets.ts";
import { targetOperations } from "./operations/targets.ts";

export type { BalancedInstances } from "../balanced-instances.ts";
export type { TargetGroups } from "./target-groups-for-fleets.ts";

export interface LoadBalancingOptions {
  readonly db: CloudDatabase;
  readonly dataPlane: SharedDataPlane;
  readonly instances: BalancedInstances;
  readonly certificates: ListenerCertificates;
  readonly clock: () => number;
  readonly timeScale: TimeScale;
  readonly region: string;
  readonly accountId: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Elastic Load Balancing as the rest of the cloud sees it. */
export interface LoadBalancing {
  readonly service: Service;
  /** For what registers instances by itself, as Auto Scaling groups do. */
  readonly targetGroups: TargetGroups;
  close(): void;
}

/** Opens application and network load balancers. Traffic flows once `traffic` is started. */
export function openLoadBalancing(options: LoadBalancingOptions): LoadBalancing {
  const { db, onDefect, dataPlane, instances, certificates, clock, timeScale, region, accountId } = options;
  const records = new LoadBalancingRecords(db);
  const balancing = new Balancing({ records, dataPlane, instances, certificates, clock, timeScale });
  balancing.start();
  const context = { records, balancing, certificates, clock, region, accountId };
  const service = defineService({
    name: "elasticloadbalancing",
    model: serviceModel("load-balancing"),
    signingNames: ["elasticloadbalancing"],
    operations: {
      ...targetGroupOperations,
      ...targetOperations,
      ...loadBalancerOperations,
      ...listenerOperations,
      ...listenerCertificateOperations,
      ...ruleOperations,
      ...tagOperations,
    },
    context,
    accesses: accessesFromTable(loadBalancingAccesses(context)),
    onDefect,
  });
  return { service, targetGroups: new TargetGroups(records, balancing), close: () => balancing.close() };
}
