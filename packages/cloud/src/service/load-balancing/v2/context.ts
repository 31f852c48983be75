import type * as Sdk from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Operations } from "@sluice/aws-protocol";
import type { ListenerCertificates } from "../../../listener-certificates.ts";
import type { Balancing } from "./balancing.ts";
import type { LoadBalancingRecords } from "./records.ts";

export interface LoadBalancingContext {
  readonly records: LoadBalancingRecords;
  readonly balancing: Balancing;
  readonly certificates: ListenerCertificates;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of Elastic Load Balancing's operations. */
export type LoadBalancingOperations = Partial<Operations<typeof Sdk, LoadBalancingContext>>;
