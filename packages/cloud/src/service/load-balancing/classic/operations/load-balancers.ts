import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../../random.ts";
import { subnets, vpc } from "../../../ec2/index.ts";
import { parseCheckTarget } from "../check-target.ts";
import { type ClassicOperations, loadBalancerOf } from "../context.ts";
import { attributesOf, describe } from "../describe.ts";
import type { ClassicRecord } from "../records.ts";
import { checkedListener, keepOpened } from "./listeners.ts";

/** Operations on classic load balancers as a whole. */
export const loadBalancerOperations: ClassicOperations = {
  async CreateLoadBalancer(context, input) {
    const { records, clock, region } = context;
    const { LoadBalancerName: name = "", Listeners = [], AvailabilityZones = [], Subnets = [], Scheme } = input;
    if (!/^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name))
      throw new Fault(
        "ValidationError",
        `LoadBalancer name '${name}' must have 1 to 32 letters, digits and hyphens within`,
      );
    if (records.find(name) !== undefined)
      throw new Fault(
        "DuplicateLoadBalancerName",
        `Load Balancer named '${name}' already exists and it is configured with different parameters.`,
      );
    const listeners = Listeners.map(checkedListener);
    const [first] = listeners;
    if (first === undefined) throw new Fault("ValidationError", "A load balancer must have at least one listener");
    const unknown = Subnets.find((id) => !subnets.some((subnet) => subnet.id === id));
    if (unknown !== undefined) throw new Fault("SubnetNotFound", `The subnet ID '${unknown}' does not exist`);
    if (AvailabilityZones.length + Subnets.length === 0)
      throw new Fault("ValidationError", "Either AvailabilityZones or SubnetIds must be specified");
    const made: ClassicRecord = {
      name,
      dnsName: `${name}-${Number.parseInt(randomHex(4), 16)}.${region}.elb.localhost`,
      scheme: Scheme ?? "internet-facing",
      createdAt: clock(),
      zones: AvailabilityZones,
      subnets: Subnets,
      securityGroups: input.SecurityGroups ?? [vpc.securityGroup],
      listeners,
      check: {
        target: `TCP:${first.instancePort}`,
        intervalSeconds: 30,
        timeoutSeconds: 5,
        healthy: 10,
        unhealthy: 2,
      },
      isDraining: true,
      drainSeconds: 300,
      idleSeconds: 60,
      isCrossZone: false,
      tags: input.Tags ?? [],
      instances: [],
    };
    await keepOpened(context, made, undefined);
    return { DNSName: made.dnsName };
  },

  async DeleteLoadBalancer({ balancing }, { LoadBalancerName = "" }) {
    await balancing.delete(LoadBalancerName);
  },

  DescribeLoadBalancers({ records }, { LoadBalancerNames = [] }) {
    const wanted =
      LoadBalancerNames.length === 0 ? records.all() : LoadBalancerNames.map((name) => loadBalancerOf(records, name));
    return { LoadBalancerDescriptions: wanted.map(describe) };
  },

  DescribeLoadBalancerAttributes: ({ records }, { LoadBalancerName }) => ({
    LoadBalancerAttributes: attributesOf(loadBalancerOf(records, LoadBalancerName)),
  }),

  async ModifyLoadBalancerAttributes({ records, balancing }, { LoadBalancerName, LoadBalancerAttributes }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    const { ConnectionDraining, ConnectionSettings, CrossZoneLoadBalancing } = LoadBalancerAttributes ?? {};
    const drainSeconds = ConnectionDraining?.Timeout ?? record.drainSeconds;
    const idleSeconds = ConnectionSettings?.IdleTimeout ?? record.idleSeconds;
    if (!(drainSeconds >= 0 && drainSeconds <= 3600))
      throw new Fault("ValidationError", `ConnectionDraining timeout '${drainSeconds}' must be from 0 to 3600`);
    if (!(idleSeconds >= 1 && idleSeconds <= 4000))
      throw new Fault("ValidationError", `Idle timeout '${idleSeconds}' must be from 1 to 4000`);
    const changed: ClassicRecord = {
      ...record,
      drainSeconds,
      idleSeconds,
      isDraining: ConnectionDraining?.Enabled ?? record.isDraining,
      isCrossZone: CrossZoneLoadBalancing?.Enabled ?? record.isCrossZone,
    };
    await balancing.keep(changed);
    return { LoadBalancerName: record.name, LoadBalancerAttributes: attributesOf(changed) };
  },

  async ConfigureHealthCheck({ records, balancing }, { LoadBalancerName, HealthCheck }) {
    const record = loadBalancerOf(records, LoadBalancerName);
    const {
      Target = "",
      Interval = 30,
      Timeout = 5,
      HealthyThreshold = 10,
      UnhealthyThreshold = 2,
    } = HealthCheck ?? {};
    parseCheckTarget(Target);
    if (!(Interval >= 5 && Interval <= 300 && Timeout >= 2 && Timeout < Interval))
      throw new Fault(
        "ValidationError",
        `HealthCheck interval '${Interval}' must be from 5 to 300, and its timeout '${Timeout}' from 2 to less than that`,
      );
    if (![HealthyThreshold, UnhealthyThreshold].every((threshold) => threshold >= 2 && threshold <= 10))
      throw new Fault("ValidationError", "HealthCheck thresholds must be from 2 to 10");
    const check = {
      target: Target,
      intervalSeconds: Interval,
      timeoutSeconds: Timeout,
      healthy: HealthyThreshold,
      unhealthy: UnhealthyThreshold,
    };
    await balancing.keep({ ...record, check });
    return { HealthCheck: { Target, Interval, Timeout, HealthyThreshold, UnhealthyThreshold } };
  },
};
