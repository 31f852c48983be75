import type { CreateTargetGroupCommandInput, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { checkedPort, checkName } from "../names.ts";
import type { HealthCheck, TargetGroupRecord } from "../records.ts";

type Settings = Pick<TargetGroupRecord, "name" | "protocol" | "port" | "vpcId" | "targetType" | "check">;

type CheckInput = Pick<
  CreateTargetGroupCommandInput,
  | "HealthCheckProtocol"
  | "HealthCheckPort"
  | "HealthCheckEnabled"
  | "HealthCheckPath"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
  | "Matcher"
>;

/** Returns the settings of a request for a new target group. Throws a Fault for what is invalid. */
export function newSettings(input: CreateTargetGroupCommandInput): Settings {
  const { Name: name = "", Protocol, Port, VpcId, TargetType = "instance", ProtocolVersion = "HTTP1" } = input;
  checkName("Target group", name);
  if (TargetType !== "instance" && TargetType !== "ip")
    throw new Fault(
      "ValidationError",
      `Target type '${TargetType}' is not supported by the local cloud: it must be 'instance' or 'ip'`,
    );
  if (Protocol === undefined) throw new Fault("ValidationError", "A protocol must be specified");
  if (Protocol !== "HTTP" && Protocol !== "TCP")
    throw new Fault(
      "UnsupportedProtocol",
      `Protocol '${Protocol}' is not supported by the local cloud: it must be 'HTTP' or 'TCP'`,
    );
  if (Protocol === "HTTP" && ProtocolVersion !== "HTTP1")
    throw new Fault(
      "ValidationError",
      `Protocol version '${ProtocolVersion}' is not supported by the local cloud: it must be 'HTTP1'`,
    );
  if (VpcId === undefined || VpcId === "") throw new Fault("ValidationError", "A VPC ID must be specified");
  const port = checkedPort(Port);
  return {
    name,
    protocol: Protocol,
    port,
    vpcId: VpcId,
    targetType: TargetType,
    check: checkOf(input, initial[Protocol]),
  };
}

/** AWS's defaults, by the protocol of the group. */
const initial: Readonly<Record<TargetGroupRecord["protocol"], HealthCheck>> = {
  HTTP: {
    protocol: "HTTP",
    port: "traffic-port",
    path: "/",
    matcher: "200",
    intervalSeconds: 30,
    timeoutSeconds: 5,
    healthy: 5,
    unhealthy: 2,
  },
  TCP: {
    protocol: "TCP",
    port: "traffic-port",
    path: "/",
    matcher: "200-399",
    intervalSeconds: 30,
    timeoutSeconds: 10,
    healthy: 5,
    unhealthy: 2,
  },
};

/** Returns health checks with the changes of a request. */
export function checkOf(input: CheckInput, before: HealthCheck): HealthCheck {
  if (input.HealthCheckEnabled === false)
    throw new Fault("ValidationError", "Health checks of instances and addresses cannot be disabled");
  const protocol = input.HealthCheckProtocol ?? before.protocol;
  if (protocol !== "HTTP" && protocol !== "TCP")
    throw new Fault(
      "UnsupportedProtocol",
      `Health check protocol '${protocol}' is not supported by the local cloud: it must be 'HTTP' or 'TCP'`,
    );
  const check: HealthCheck = {
    protocol,
    port: input.HealthCheckPort ?? before.port,
    path: input.HealthCheckPath ?? before.path,
    matcher: input.Matcher?.HttpCode ?? before.matcher,
    intervalSeconds: inRange(
      "Health check interval",
      input.HealthCheckIntervalSeconds ?? before.intervalSeconds,
      [5, 300],
    ),
    timeoutSeconds: inRange("Health check timeout", input.HealthCheckTimeoutSeconds ?? before.timeoutSeconds, [2, 120]),
    healthy: inRange("Healthy threshold count", input.HealthyThresholdCount ?? before.healthy, [2, 10]),
    unhealthy: inRange("Unhealthy threshold count", input.UnhealthyThresholdCount ?? before.unhealthy, [2, 10]),
  };
  if (check.port !== "traffic-port") checkedPort(Number(check.port));
  if (!/^\/[!-~]{0,1023}$/.test(check.path))
    throw new Fault(
      "ValidationError",
      `Health check path '${check.path}' must begin with a '/' character, and can be at most 1024 characters in length`,
    );
  if (!/^[2-5]\d\d([,-][2-5]\d\d)*$/.test(check.matcher))
    throw new Fault(
      "ValidationError",
      `Health check matcher HTTP code '${check.matcher}' must be within '200-499' inclusive`,
    );
  if (check.timeoutSeconds > check.intervalSeconds)
    throw new Fault(
      "ValidationError",
      `Health check timeout '${check.timeoutSeconds}' must be smaller than or equal to the interval '${check.intervalSeconds}'`,
    );
  return check;
}

function inRange(what: string, value: number, [from, to]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new Fault("ValidationError", `${what} '${value}' must be in the range ${from}-${to}`);
}

/** Returns a target group as AWS describes it. */
export function describeTargetGroup(group: TargetGroupRecord, users: ReadonlySet<string> = new Set()): TargetGroup {
  const { check } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    ProtocolVersion: group.protocol === "HTTP" ? "HTTP1" : undefined,
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType,
    IpAddressType: "ipv4",
    HealthCheckEnabled: true,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthy,
    UnhealthyThresholdCount: check.unhealthy,
    HealthCheckPath: check.protocol === "HTTP" ? check.path : undefined,
    Matcher: check.protocol === "HTTP" ? { HttpCode: check.matcher } : undefined,
    LoadBalancerArns: [...users],
  };
}
