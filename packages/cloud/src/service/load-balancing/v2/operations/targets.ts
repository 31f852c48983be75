import { isIPv4 } from "node:net";
import type { TargetDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { checkedPort } from "../names.ts";
import { type TargetGroupRecord, targetKey } from "../records.ts";
import { targetGroupOf } from "./target-groups.ts";
import { notRegistered } from "../target-state.ts";

/** AWS's own limit of the targets of one group. */
const targetsMax = 1_000;

/** Operations on targets. */
export const targetOperations: LoadBalancingOperations = {
  async RegisterTargets({ records, balancing }, { TargetGroupArn, Targets = [] }) {
    const group = targetGroupOf(records, TargetGroupArn);
    const targets = Targets.map((target) => ({ id: target.Id ?? "", port: portOf(target, group) }));
    checkTargets(balancing, group, targets);
    if (records.targetsOf(group.arn).length + targets.length > targetsMax)
      throw new Fault("TooManyTargets", `A target group has at most ${targetsMax} targets`);
    await balancing.register(group.arn, targets);
  },

  async DeregisterTargets({ records, balancing }, { TargetGroupArn, Targets = [] }) {
    const group = targetGroupOf(records, TargetGroupArn);
    // Without a port the group's own is meant; an instance that is registered on another one stays.
    const keys = Targets.map((target) => targetKey({ id: target.Id ?? "", port: portOf(target, group) }));
    await balancing.deregister(group, keys);
  },

  DescribeTargetHealth({ records, balancing }, { TargetGroupArn, Targets }) {
    const group = targetGroupOf(records, TargetGroupArn);
    const found = new Map(balancing.targetsOf(group).map((entry) => [targetKey(entry.target), entry]));
    const keys =
      Targets === undefined || Targets.length === 0
        ? [...found.keys()]
        : Targets.map((target) => targetKey({ id: target.Id ?? "", port: portOf(target, group) }));
    return {
      TargetHealthDescriptions: keys.map((key) => {
        const entry = found.get(key);
        const at = key.lastIndexOf(":");
        const Port = Number(key.slice(at + 1));
        const { port } = group.check;
        return {
          Target: { Id: key.slice(0, at), Port },
          HealthCheckPort: port === "traffic-port" ? String(Port) : port,
          TargetHealth: entry?.health ?? notRegistered,
        };
      }),
    };
  },
};

function portOf({ Port }: TargetDescription, group: TargetGroupRecord): number {
  return Port === undefined ? group.port : checkedPort(Port);
}

function checkTargets(
  balancing: LoadBalancingContext["balancing"],
  { targetType }: TargetGroupRecord,
  targets: readonly { readonly id: string }[],
): void {
  if (targetType === "ip") {
    const foreign = targets.find(({ id }) => !isIPv4(id) || !isPrivate(id));
    if (foreign === undefined) return;
    throw new Fault(
      "ValidationError",
      `The IP address '${foreign.id}' is not a valid target: it must be a private IPv4 address`,
    );
  }
  for (const { id } of targets) {
    const instance = balancing.instance(id);
    if (instance === undefined) throw new Fault("InvalidTarget", `Instance ID '${id}' is not valid`);
    if (instance.state !== "running")
      throw new Fault(
        "InvalidTarget",
        `The following targets are not in a running state and cannot be registered: '${id}'`,
      );
  }
}

/** The ranges that AWS accepts, and loopback, where what runs on this machine listens. */
function isPrivate(address: string): boolean {
  return /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address);
}
