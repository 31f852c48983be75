import type { Answer, Time } from "./answers.ts";

/** A part of the local cloud that could not be read, and why: a right is missing, or the service has failed. */
export interface Unreadable {
  readonly unreadable: string;
  readonly because: "right" | "failure";
}

/** What the principal may see of one service. */
export type Part<Row> = readonly Row[] | Unreadable;

/** `GET /console/api/cloud`. Each part is asked of its own service as this principal. */
export interface Cloud extends Answer<CloudAction> {
  /** `local`: Sluice's own cloud; `aws`: the services are AWS's, and nothing of them is shown. */
  readonly where: "local" | "aws";
  readonly instances: Part<InstanceTile>;
  readonly loadBalancers: Part<LoadBalancerTile>;
  readonly targetGroups: Part<TargetGroupTile>;
  readonly scalingGroups: Part<ScalingGroupTile>;
  readonly functions: Part<FunctionTile>;
  readonly services: Part<EcsServiceTile>;
  readonly alarms: Part<{
    readonly name: string;
    readonly state: string;
    readonly reason: string;
    readonly since?: Time | undefined;
  }>;
  readonly buckets: Part<{ readonly name: string; readonly createTime?: Time | undefined }>;
  readonly topics: Part<{ readonly arn: string }>;
  readonly roles: Part<{ readonly name: string; readonly arn: string }>;
}

/** Actions on the local cloud. */
export type CloudAction =
  | "start-instance"
  | "stop-instance"
  | "terminate-instance"
  | "set-alarm"
  | "set-desired"
  | "complete-hook"
  | "protect-instance"
  | "drain-target";

/** An instance. */
export interface InstanceTile {
  readonly id: string;
  readonly name?: string | undefined;
  readonly state: string;
  readonly ip?: string | undefined;
  readonly image?: string | undefined;
  readonly zone?: string | undefined;
  readonly launchTime?: Time | undefined;
  readonly scalingGroup?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** A load balancer with its listeners. */
export interface LoadBalancerTile {
  readonly name: string;
  readonly arn: string;
  readonly kind: string;
  readonly state: string;
  readonly dnsName?: string | undefined;
  readonly listeners: readonly {
    readonly arn: string;
    readonly port: number;
    readonly protocol: string;
    /** Default action: weights by the name of the target group. */
    readonly weights: Readonly<Record<string, number>>;
  }[];
}

/** A target group with the health of its targets. */
export interface TargetGroupTile {
  readonly name: string;
  readonly arn: string;
  readonly port?: number | undefined;
  readonly loadBalancers: readonly string[];
  readonly targets: readonly {
    readonly id: string;
    readonly port?: number | undefined;
    readonly state: string;
    readonly reason?: string | undefined;
    readonly description?: string | undefined;
  }[];
}

/** An Auto Scaling group with its instances and last activities. */
export interface ScalingGroupTile {
  readonly name: string;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly suspended: readonly string[];
  readonly instances: readonly {
    readonly id: string;
    readonly lifecycleState: string;
    readonly health: string;
    readonly zone?: string | undefined;
    readonly isProtected: boolean;
  }[];
  readonly activities: readonly {
    readonly id: string;
    readonly status: string;
    readonly description: string;
    readonly cause: string;
    readonly startTime?: Time | undefined;
    readonly endTime?: Time | undefined;
  }[];
  readonly hooks: readonly {
    readonly name: string;
    readonly transition: string;
    readonly timeoutSeconds?: number | undefined;
  }[];
}

/** A function with its aliases. */
export interface FunctionTile {
  readonly name: string;
  readonly runtime?: string | undefined;
  readonly state?: string | undefined;
  readonly aliases: readonly {
    readonly name: string;
    /** Percent by version; they sum up to 100. */
    readonly weights: Readonly<Record<string, number>>;
  }[];
}

/** An ECS service with its task sets. */
export interface EcsServiceTile {
  readonly cluster: string;
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly taskSets: readonly {
    readonly id: string;
    readonly status: string;
    readonly desired: number;
    readonly running: number;
    readonly pending: number;
    readonly taskDefinition?: string | undefined;
    readonly externalId?: string | undefined;
    readonly stability?: string | undefined;
  }[];
}
