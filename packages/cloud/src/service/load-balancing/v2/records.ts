import type { Action, RuleCondition, Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Health } from "../../../balancer/index.ts";
import type { CloudDatabase } from "../../../store/database.ts";
import { Records } from "../../../store/records.ts";

/** Attributes that were set; others have their defaults. */
export type Attributes = Readonly<Record<string, string>>;

/** A target group as it is stored. */
export interface TargetGroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: "instance" | "ip";
  readonly check: HealthCheck;
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
}

/** How the targets of a group are checked. */
export interface HealthCheck {
  readonly protocol: "HTTP" | "TCP";
  /** A number, or `traffic-port`. */
  readonly port: string;
  readonly path: string;
  readonly matcher: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** A load balancer as it is stored. */
export interface LoadBalancerRecord {
  readonly arn: string;
  readonly name: string;
  readonly type: "application" | "network";
  readonly scheme: "internet-facing" | "internal";
  readonly dnsName: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
}

/** Returns the names and addresses by which clients reach a load balancer. */
export const namesOf = ({ dnsName }: LoadBalancerRecord): readonly string[] => [
  dnsName.toLowerCase(),
  "localhost",
  "127.0.0.1",
];

/** A listener as it is stored. */
export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "TLS";
  /** ARNs, the default certificate first. Only listeners with TLS have these and a policy. */
  readonly certificates?: readonly string[] | undefined;
  readonly sslPolicy?: string | undefined;
  readonly defaultActions: readonly Action[];
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
}

/** A rule as it is stored. A listener's default actions are part of the listener. */
export interface RuleRecord {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
  readonly tags: readonly Tag[];
}

/** A target as it is stored: the same instance on two ports is two targets. */
export interface TargetRecord {
  readonly groupArn: string;
  /** An instance's id, or an address. */
  readonly id: string;
  readonly port: number;
  readonly health: Health;
  /** While it is deregistered: until when it stays, in milliseconds since the epoch. */
  readonly drainsUntil?: number | undefined;
}

/** Returns the key of a target within its group. */
export function targetKey({ id, port }: Pick<TargetRecord, "id" | "port">): string {
  return `${id}:${port}`;
}

/** The records of Elastic Load Balancing. */
export class LoadBalancingRecords {
  readonly targetGroups: Records<TargetGroupRecord>;
  readonly loadBalancers: Records<LoadBalancerRecord>;
  readonly listeners: Records<ListenerRecord>;
  readonly rules: Records<RuleRecord>;
  readonly #targets: Records<TargetRecord>;

  constructor(db: CloudDatabase) {
    this.targetGroups = new Records(db, "target-group");
    this.loadBalancers = new Records(db, "load-balancer");
    this.listeners = new Records(db, "listener");
    this.rules = new Records(db, "listener-rule");
    this.#targets = new Records(db, "target");
  }

  targets(): readonly TargetRecord[] {
    return this.#targets.all();
  }

  targetsOf(groupArn: string): readonly TargetRecord[] {
    return this.#targets.all().filter((target) => target.groupArn === groupArn);
  }

  target(groupArn: string, key: string): TargetRecord | undefined {
    return this.#targets.find(`${groupArn} ${key}`);
  }

  putTarget(target: TargetRecord): void {
    this.#targets.put(`${target.groupArn} ${targetKey(target)}`, target);
  }

  deleteTarget(target: TargetRecord): void {
    this.#targets.delete(`${target.groupArn} ${targetKey(target)}`);
  }

  /** Returns a listener's rules by priority. */
  rulesOf(listenerArn: string): readonly RuleRecord[] {
    return this.rules
      .all()
      .filter((rule) => rule.listenerArn === listenerArn)
      .toSorted((a, b) => a.priority - b.priority);
  }

  /** Deletes a listener with its rules. */
  deleteListener(listenerArn: string): void {
    for (const { arn } of this.rulesOf(listenerArn)) this.rules.delete(arn);
    this.listeners.delete(listenerArn);
  }

  /** Returns the load balancers whose listeners send traffic to each target group. */
  users(): ReadonlyMap<string, ReadonlySet<string>> {
    const users = new Map<string, Set<string>>();
    for (const listener of this.listeners.all())
      for (const actions of [listener.defaultActions, ...this.rulesOf(listener.arn).map(({ actions }) => actions)])
        for (const group of actions.flatMap(groupsOf))
          users.set(group, (users.get(group) ?? new Set()).add(listener.loadBalancerArn));
    return users;
  }
}

/** Returns the target groups that an action names. */
export function groupsOf({ TargetGroupArn, ForwardConfig }: Action): readonly string[] {
  const weighted = (ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn: arn }) =>
    arn === undefined ? [] : [arn],
  );
  return weighted.length > 0 || TargetGroupArn === undefined ? weighted : [TargetGroupArn];
}
