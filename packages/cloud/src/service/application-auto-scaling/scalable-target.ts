import type { SuspendedState } from "@aws-sdk/client-application-auto-scaling";

/** A scalable target as it is stored: a service of ECS, with the bounds between which it may be scaled. */
export interface ScalableTarget {
  /** `service/CLUSTER/SERVICE`, which is its key. */
  readonly resourceId: string;
  /** The last part of its ARN. */
  readonly id: string;
  readonly min: number;
  readonly max: number;
  readonly suspended: Required<SuspendedState>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The cluster and the service that a resource id names; undefined when it is none of a service. */
export function serviceIn(resourceId: string): { readonly cluster: string; readonly name: string } | undefined {
  const [kind, cluster = "", name = "", ...more] = resourceId.split("/");
  return kind === "service" && cluster !== "" && name !== "" && more.length === 0 ? { cluster, name } : undefined;
}
