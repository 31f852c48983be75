import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../../random.ts";
import { subnets as allSubnets, vpc } from "../../../ec2/index.ts";
import { attributeOf, changeAttributes, listAttributes, loadBalancerAttributes } from "./attributes.ts";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { arnOf, checkName, newArnSuffix, page } from "../names.ts";
import type { LoadBalancerRecord } from "../records.ts";
import { mergeTags } from "./tags.ts";

/** Operations on load balancers. */
export const loadBalancerOperations: LoadBalancingOperations = {
  CreateLoadBalancer(context, input) {
    const { records, clock, region } = context;
    const { Name: name = "", Type = "application", Scheme = "internet-facing", SecurityGroups = [] } = input;
    checkName("Load balancer", name);
    if (Type !== "application" && Type !== "network")
      throw new Fault(
        "ValidationError",
        `Load balancer type '${Type}' is not supported by the local cloud: it must be 'application' or 'network'`,
      );
    const subnets = subnetsOf(input.Subnets ?? input.SubnetMappings?.map(({ SubnetId = "" }) => SubnetId) ?? [], Type);
    const found = records.loadBalancers.all().find((one) => one.name === name);
    if (found !== undefined) {
      const isSame =
        found.type === Type && found.scheme === Scheme && found.subnets.toSorted().join() === subnets.toSorted().join();
      if (!isSame)
        throw new Fault(
          "DuplicateLoadBalancerName",
          `A load balancer with the same name '${name}' exists, but with different settings`,
        );
      return { LoadBalancers: [describe(context, found)] };
    }
    const id = newArnSuffix();
    const made: LoadBalancerRecord = {
      arn: arnOf(context, `loadbalancer/${Type === "application" ? "app" : "net"}/${name}/${id}`),
      name,
      type: Type,
      scheme: Scheme === "internal" ? "internal" : "internet-facing",
      // A name that every resolver knows: what ends in `.localhost` is this machine.
      dnsName: `${Scheme === "internal" ? "internal-" : ""}${name}-${Number.parseInt(randomHex(4), 16)}.${region}.elb.localhost`,
      createdAt: clock(),
      subnets,
      securityGroups: Type === "application" && SecurityGroups.length === 0 ? [vpc.securityGroup] : SecurityGroups,
      attributes: {},
      tags: mergeTags([], input.Tags ?? []),
    };
    records.loadBalancers.put(made.arn, made);
    return { LoadBalancers: [describe(context, made)] };
  },

  DescribeLoadBalancers(context, { LoadBalancerArns = [], Names = [], ...paging }) {
    const all = context.records.loadBalancers.all();
    const missing =
      LoadBalancerArns.find((arn) => !all.some((one) => one.arn === arn)) ??
      Names.find((name) => !all.some((one) => one.name === name));
    if (missing !== undefined) throw notFound(missing);
    const wanted = all
      .filter(({ arn }) => LoadBalancerArns.length === 0 || LoadBalancerArns.includes(arn))
      .filter(({ name }) => Names.length === 0 || Names.includes(name));
    const { items, next } = page(wanted, paging);
    return { LoadBalancers: items.map((one) => describe(context, one)), ...next };
  },

  async DeleteLoadBalancer({ records, balancing }, { LoadBalancerArn = "" }) {
    const found = records.loadBalancers.find(LoadBalancerArn);
    if (found === undefined) return;
    if (attributeOf(loadBalancerAttributes[found.type], found.attributes, "deletion_protection.enabled") === "true")
      throw new Fault(
        "OperationNotPermitted",
        `Load balancer '${found.arn}' cannot be deleted because deletion protection is enabled`,
      );
    for (const { arn } of records.listeners.all().filter(({ loadBalancerArn }) => loadBalancerArn === found.arn))
      records.deleteListener(arn);
    records.loadBalancers.delete(found.arn);
    await balancing.apply();
  },

  DescribeLoadBalancerAttributes({ records }, { LoadBalancerArn }) {
    const { type, attributes } = loadBalancerOf(records, LoadBalancerArn);
    return { Attributes: listAttributes(loadBalancerAttributes[type], attributes) };
  },

  async ModifyLoadBalancerAttributes({ records, balancing }, { LoadBalancerArn, Attributes = [] }) {
    const found = loadBalancerOf(records, LoadBalancerArn);
    const table = loadBalancerAttributes[found.type];
    const attributes = changeAttributes(table, found.attributes, Attributes);
    records.loadBalancers.put(found.arn, { ...found, attributes });
    await balancing.apply();
    return { Attributes: listAttributes(table, attributes) };
  },

  SetSubnets(context, { LoadBalancerArn, Subnets = [], SubnetMappings = [] }) {
    const found = loadBalancerOf(context.records, LoadBalancerArn);
    const subnets = subnetsOf([...Subnets, ...SubnetMappings.map(({ SubnetId = "" }) => SubnetId)], found.type);
    context.records.loadBalancers.put(found.arn, { ...found, subnets });
    return { AvailabilityZones: zonesOf(context, subnets), IpAddressType: "ipv4" };
  },

  SetSecurityGroups({ records }, { LoadBalancerArn, SecurityGroups = [] }) {
    const found = loadBalancerOf(records, LoadBalancerArn);
    records.loadBalancers.put(found.arn, { ...found, securityGroups: SecurityGroups });
    return { SecurityGroupIds: [...SecurityGroups] };
  },

  SetIpAddressType({ records }, { LoadBalancerArn, IpAddressType }) {
    loadBalancerOf(records, LoadBalancerArn);
    if (IpAddressType !== "ipv4")
      throw new Fault(
        "ValidationError",
        `IP address type '${IpAddressType}' is not supported by the local cloud: it must be 'ipv4'`,
      );
    return { IpAddressType };
  },
};

/** Returns the load balancer of an ARN; throws a Fault when there is none. */
export function loadBalancerOf(records: LoadBalancingContext["records"], arn: string | undefined): LoadBalancerRecord {
  const found = records.loadBalancers.find(arn ?? "");
  if (found === undefined) throw notFound(arn ?? "");
  return found;
}

const notFound = (what: string) => new Fault("LoadBalancerNotFound", `Load balancers '[${what}]' not found`);

const findSubnet = (id: string) => allSubnets.find((subnet) => subnet.id === id);

function subnetsOf(subnets: readonly string[], type: LoadBalancerRecord["type"]): readonly string[] {
  const unknown = subnets.find((id) => findSubnet(id) === undefined);
  if (unknown !== undefined) throw new Fault("SubnetNotFound", `The subnet ID '${unknown}' does not exist`);
  if (subnets.length < (type === "application" ? 2 : 1))
    throw new Fault(
      "ValidationError",
      type === "application"
        ? "At least two subnets in two different Availability Zones must be specified"
        : "A subnet must be specified",
    );
  return subnets;
}

function zonesOf({ region }: LoadBalancingContext, subnets: readonly string[]) {
  return subnets.map((id) => ({
    SubnetId: id,
    ZoneName: `${region}${findSubnet(id)?.zone ?? "a"}`,
    LoadBalancerAddresses: [],
  }));
}

function describe(context: LoadBalancingContext, one: LoadBalancerRecord): LoadBalancer {
  return {
    LoadBalancerArn: one.arn,
    LoadBalancerName: one.name,
    DNSName: one.dnsName,
    CanonicalHostedZoneId: "Z00000000000000000001",
    CreatedTime: new Date(one.createdAt),
    Scheme: one.scheme,
    VpcId: vpc.id,
    State: { Code: "active" },
    Type: one.type,
    AvailabilityZones: zonesOf(context, one.subnets),
    SecurityGroups: one.securityGroups.length === 0 ? undefined : [...one.securityGroups],
    IpAddressType: "ipv4",
  };
}
