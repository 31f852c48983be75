import type * as Sdk from "@aws-sdk/client-elastic-load-balancing";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { Records } from "../../../store/records.ts";
import type { ClassicBalancing } from "./classic-balancing.ts";
import type { ClassicRecord } from "./records.ts";

export interface ClassicContext {
  readonly records: Records<ClassicRecord>;
  readonly balancing: ClassicBalancing;
  readonly clock: () => number;
  readonly region: string;
}

/** Some of the operations on classic load balancers. */
export type ClassicOperations = Partial<Operations<typeof Sdk, ClassicContext>>;

/** Returns the load balancer of a name; throws a Fault when there is none. */
export function loadBalancerOf(records: Records<ClassicRecord>, name: string | undefined): ClassicRecord {
  const record = records.find(name ?? "");
  if (record === undefined)
    throw new Fault("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${name ?? ""}'`);
  return record;
}
