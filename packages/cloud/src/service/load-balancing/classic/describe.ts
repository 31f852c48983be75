import type { LoadBalancerAttributes, LoadBalancerDescription } from "@aws-sdk/client-elastic-load-balancing";
import { vpc } from "../../ec2/index.ts";
import type { ClassicRecord } from "./records.ts";

/** Returns the registered instances of a load balancer, without those that drain. */
export const instancesOf = ({ instances }: ClassicRecord) =>
  instances.filter(({ drainsUntil }) => drainsUntil === undefined).map(({ id }) => ({ InstanceId: id }));

/** Returns the attributes of a load balancer as AWS describes them. */
export function attributesOf(record: ClassicRecord): LoadBalancerAttributes {
  return {
    CrossZoneLoadBalancing: { Enabled: record.isCrossZone },
    AccessLog: { Enabled: false },
    ConnectionDraining: { Enabled: record.isDraining, Timeout: record.drainSeconds },
    ConnectionSettings: { IdleTimeout: record.idleSeconds },
    AdditionalAttributes: [],
  };
}

/** Returns a load balancer as AWS describes it. */
export function describe(record: ClassicRecord): LoadBalancerDescription {
  const { check } = record;
  return {
    LoadBalancerName: record.name,
    DNSName: record.dnsName,
    CanonicalHostedZoneName: record.dnsName,
    ListenerDescriptions: record.listeners.map(({ protocol, port, instancePort }) => ({
      Listener: { Protocol: protocol, LoadBalancerPort: port, InstanceProtocol: protocol, InstancePort: instancePort },
      PolicyNames: [],
    })),
    AvailabilityZones: [...record.zones],
    Subnets: [...record.subnets],
    VPCId: vpc.id,
    Instances: instancesOf(record),
    HealthCheck: {
      Target: check.target,
      Interval: check.intervalSeconds,
      Timeout: check.timeoutSeconds,
      HealthyThreshold: check.healthy,
      UnhealthyThreshold: check.unhealthy,
    },
    SecurityGroups: [...record.securityGroups],
    CreatedTime: new Date(record.createdAt),
    Scheme: record.scheme,
  };
}
