import type * as Sdk from "@aws-sdk/client-elastic-load-balancing";
import type {
  Listener,
  LoadBalancerAttributes,
  LoadBalancerDescription,
  Tag,
} from "@aws-sdk/client-elastic-load-balancing";
import { Fault, type Operations } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import type { Records } from "../../../store/records.ts";
import { subnets, vpc } from "../../ec2/index.ts";
import { parseCheckTarget } from "./check-target.ts";
import type { ClassicBalancing } from "./classic-balancing.ts";
import type { ClassicListener, ClassicRecord } from "./records.ts";

/** What the operations of classic load balancers work with. */
export interface ClassicContext {
  readonly records: Records<ClassicRecord>;
  readonly balancing: ClassicBalancing;
  readonly clock: () => number;
  readonly region: string;
}

type ClassicOperations = Partial<Operations<typeof Sdk, ClassicContext>>;

/** Operations on classic load balancers. */
export const classicOperations: ClassicOperations = {
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
      LoadBalancerNames.length === 0 ? records.all() : LoadBalancerNames.map((name) => found(records, name));
    return { LoadBalancerDescriptions: wanted.map(describe) };
  },

  DescribeLoadBalancerAttributes: ({ records }, { LoadBalancerName }) => ({
    LoadBalancerAttributes: attributesOf(found(records, LoadBalancerName)),
  }),

  async ModifyLoadBalancerAttributes({ records, balancing }, { LoadBalancerName, LoadBalancerAttributes }) {
    const record = found(records, LoadBalancerName);
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
    const record = found(records, LoadBalancerName);
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

  async RegisterInstancesWithLoadBalancer({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = found(records, LoadBalancerName);
    const ids = knownIds(balancing, Instances);
    return { Instances: instancesOf(await balancing.register(record, ids)) };
  },

  async DeregisterInstancesFromLoadBalancer({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = found(records, LoadBalancerName);
    const changed = await balancing.deregister(
      record,
      Instances.map(({ InstanceId = "" }) => InstanceId),
    );
    return { Instances: instancesOf(changed) };
  },

  DescribeInstanceHealth({ records, balancing }, { LoadBalancerName, Instances = [] }) {
    const record = found(records, LoadBalancerName);
    const ids = Instances.length > 0 ? knownIds(balancing, Instances) : record.instances.map(({ id }) => id);
    return { InstanceStates: ids.map((id) => balancing.stateOf(record, id)) };
  },

  async CreateLoadBalancerListeners(context, { LoadBalancerName, Listeners = [] }) {
    const record = found(context.records, LoadBalancerName);
    const more = Listeners.map(checkedListener);
    const twice = more.find(({ port }) => record.listeners.some((one) => one.port === port));
    if (twice !== undefined)
      throw new Fault(
        "DuplicateListener",
        `A listener already exists for ${record.name} with LoadBalancerPort ${twice.port}`,
      );
    await keepOpened(context, { ...record, listeners: [...record.listeners, ...more] }, record);
  },

  async DeleteLoadBalancerListeners({ records, balancing }, { LoadBalancerName, LoadBalancerPorts = [] }) {
    const record = found(records, LoadBalancerName);
    await balancing.keep({
      ...record,
      listeners: record.listeners.filter(({ port }) => !LoadBalancerPorts.includes(port)),
    });
  },

  AddTags({ records }, { LoadBalancerNames = [], Tags = [] }) {
    for (const name of LoadBalancerNames) {
      const record = found(records, name);
      const kept = record.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
      records.put(name, { ...record, tags: [...kept, ...Tags] });
    }
  },

  RemoveTags({ records }, { LoadBalancerNames = [], Tags = [] }) {
    for (const name of LoadBalancerNames) {
      const record = found(records, name);
      records.put(name, { ...record, tags: record.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)) });
    }
  },

  DescribeTags: ({ records }, { LoadBalancerNames = [] }) => ({
    TagDescriptions: LoadBalancerNames.map((name) => {
      const tags: readonly Tag[] = found(records, name).tags;
      return { LoadBalancerName: name, Tags: [...tags] };
    }),
  }),
};

function found(records: Records<ClassicRecord>, name: string | undefined): ClassicRecord {
  const record = records.find(name ?? "");
  if (record === undefined)
    throw new Fault("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${name ?? ""}'`);
  return record;
}

function knownIds(
  balancing: ClassicBalancing,
  instances: readonly { readonly InstanceId?: string | undefined }[],
): readonly string[] {
  const ids = instances.map(({ InstanceId = "" }) => InstanceId);
  const unknown = ids.find((id) => !balancing.isKnown(id));
  if (unknown !== undefined) throw new Fault("InvalidInstance", `Could not find EC2 instance ${unknown}.`);
  return ids;
}

function checkedListener({
  Protocol = "",
  LoadBalancerPort = 0,
  InstancePort = 0,
  InstanceProtocol,
}: Listener): ClassicListener {
  const protocol = Protocol.toUpperCase();
  if (protocol !== "HTTP" && protocol !== "TCP")
    throw new Fault(
      "UnsupportedProtocol",
      `Protocol '${Protocol}' is not supported by the local cloud: it must be 'HTTP' or 'TCP'`,
    );
  if (InstanceProtocol !== undefined && InstanceProtocol.toUpperCase() !== protocol)
    throw new Fault(
      "InvalidConfigurationRequest",
      `InstanceProtocol '${InstanceProtocol}' does not go with '${Protocol}'`,
    );
  for (const port of [LoadBalancerPort, InstancePort])
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Fault("ValidationError", `Port '${port}' must be from 1 to 65535`);
  return { protocol, port: LoadBalancerPort, instancePort: InstancePort };
}

/** Keeps a load balancer whose ports can be opened; otherwise everything stays as it was. */
async function keepOpened(
  { balancing }: ClassicContext,
  record: ClassicRecord,
  before: ClassicRecord | undefined,
): Promise<void> {
  await balancing.keep(record);
  const fresh = record.listeners.filter(({ port }) => !before?.listeners.some((one) => one.port === port));
  const refused = fresh.find(({ port }) => balancing.refusalOf(port) !== undefined);
  if (refused === undefined) return;
  const why = balancing.refusalOf(refused.port);
  if (before === undefined) await balancing.delete(record.name);
  else await balancing.keep(before);
  throw new Fault("InvalidConfigurationRequest", `Cannot listen on 127.0.0.1:${refused.port}: ${why}`);
}

const instancesOf = ({ instances }: ClassicRecord) =>
  instances.filter(({ drainsUntil }) => drainsUntil === undefined).map(({ id }) => ({ InstanceId: id }));

function attributesOf(record: ClassicRecord): LoadBalancerAttributes {
  return {
    CrossZoneLoadBalancing: { Enabled: record.isCrossZone },
    AccessLog: { Enabled: false },
    ConnectionDraining: { Enabled: record.isDraining, Timeout: record.drainSeconds },
    ConnectionSettings: { IdleTimeout: record.idleSeconds },
    AdditionalAttributes: [],
  };
}

function describe(record: ClassicRecord): LoadBalancerDescription {
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
