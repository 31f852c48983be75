import type { Action as AwsAction, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerCertificates } from "../../../listener-certificates.ts";
import type {
  Action,
  Condition,
  BalancerConfiguration,
  TargetGroup,
  Listener,
  Target,
  Tls,
} from "../../../balancer/index.ts";
import {
  attributeOf,
  listenerAttributes,
  loadBalancerAttributes,
  targetGroupAttributes,
} from "./operations/attributes.ts";
import type { BalancedInstances } from "../balanced-instances.ts";
import {
  type ListenerRecord,
  type LoadBalancerRecord,
  type LoadBalancingRecords,
  namesOf,
  type TargetGroupRecord,
  targetKey,
  type TargetRecord,
} from "./records.ts";
import { versionMinOf } from "./operations/security-policies.ts";
import { stateOf } from "./target-state.ts";

/** What routing depends on besides the records. */
interface RoutingSources {
  readonly instances: BalancedInstances;
  readonly certificates: ListenerCertificates;
}

/** Returns the balancer's configuration for the records. */
export function routingOf(
  records: LoadBalancingRecords,
  { instances, certificates }: RoutingSources,
): BalancerConfiguration {
  const users = records.users();
  return {
    listeners: records.listeners.all().flatMap((listener) => listenerOf(records, listener, certificates)),
    groups: records.targetGroups
      .all()
      .filter(({ arn }) => users.has(arn))
      .map((group) => groupOf(group, records.targetsOf(group.arn), instances)),
  };
}

function listenerOf(
  records: LoadBalancingRecords,
  listener: ListenerRecord,
  certificates: ListenerCertificates,
): readonly Listener[] {
  const loadBalancer = records.loadBalancers.find(listener.loadBalancerArn);
  if (loadBalancer === undefined) return [];
  const tls = listener.certificates === undefined ? undefined : tlsOf(listener, loadBalancer, certificates);
  // Without any certificate left it cannot do a handshake, so it does not listen.
  if (tls?.certificates.length === 0) return [];
  const protocol = listener.protocol === "HTTP" || listener.protocol === "HTTPS" ? "HTTP" : "TCP";
  const idle =
    protocol === "HTTP"
      ? attributeOf(loadBalancerAttributes.application, loadBalancer.attributes, "idle_timeout.timeout_seconds")
      : attributeOf(listenerAttributes.TCP, listener.attributes, "tcp.idle_timeout.seconds");
  const rules = records.rulesOf(listener.arn).map(({ conditions, actions }) => ({
    conditions: conditions.map(conditionOf),
    action: actionOf(actions),
  }));
  return [
    {
      id: listener.arn,
      port: listener.port,
      protocol,
      tls,
      hostname: loadBalancer.dnsName.toLowerCase(),
      rules: [...rules, { conditions: [], action: actionOf(listener.defaultActions) }],
      idleSeconds: Number(idle),
    },
  ];
}

/** Returns the TLS settings of a listener. Certificates that have been deleted are left out. */
function tlsOf(listener: ListenerRecord, loadBalancer: LoadBalancerRecord, certificates: ListenerCertificates): Tls {
  const names = namesOf(loadBalancer);
  const found = (listener.certificates ?? []).flatMap((arn) => certificates.find(arn, names) ?? []);
  return { versionMin: versionMinOf(listener.sslPolicy), certificates: found.map(({ cert, key }) => ({ cert, key })) };
}

/** Returns the balancer's form of an action. It was checked when it was created. */
function actionOf(actions: readonly AwsAction[]): Action {
  const action: AwsAction = actions.at(-1) ?? { Type: "forward" };
  const { FixedResponseConfig: fixed, RedirectConfig: redirect, ForwardConfig, TargetGroupArn } = action;
  if (action.Type === "fixed-response")
    return {
      type: "fixed-response",
      status: Number(fixed?.StatusCode),
      contentType: fixed?.ContentType ?? "text/plain",
      body: fixed?.MessageBody ?? "",
    };
  if (action.Type === "redirect")
    return {
      type: "redirect",
      status: redirect?.StatusCode === "HTTP_301" ? 301 : 302,
      protocol: redirect?.Protocol ?? "#{protocol}",
      host: redirect?.Host ?? "#{host}",
      port: redirect?.Port ?? "#{port}",
      path: redirect?.Path ?? "/#{path}",
      query: redirect?.Query ?? "#{query}",
    };
  const weighted = (ForwardConfig?.TargetGroups ?? []).map(({ TargetGroupArn: group = "", Weight = 1 }) => ({
    group,
    weight: Weight,
  }));
  const sticky = ForwardConfig?.TargetGroupStickinessConfig;
  return {
    type: "forward",
    groups: weighted.length > 0 ? weighted : [{ group: TargetGroupArn ?? "", weight: 1 }],
    stickySeconds: sticky?.Enabled === true ? (sticky.DurationSeconds ?? 1) : undefined,
  };
}

function conditionOf(condition: RuleCondition): Condition {
  const { Field, Values = [] } = condition;
  switch (Field) {
    case "host-header":
      return { field: "host", values: condition.HostHeaderConfig?.Values ?? Values };
    case "http-header": {
      const { HttpHeaderName: name = "", Values: values = [] } = condition.HttpHeaderConfig ?? {};
      return { field: "header", name, values };
    }
    case "http-request-method":
      return { field: "method", values: condition.HttpRequestMethodConfig?.Values ?? Values };
    case "source-ip":
      return { field: "source-ip", values: condition.SourceIpConfig?.Values ?? Values };
    case "query-string": {
      const pairs = condition.QueryStringConfig?.Values ?? [];
      return {
        field: "query",
        values: pairs.map(({ Key, Value = "" }) => ({ key: Key, value: Value })),
      };
    }
    default:
      return { field: "path", values: condition.PathPatternConfig?.Values ?? Values };
  }
}

function groupOf(
  group: TargetGroupRecord,
  targets: readonly TargetRecord[],
  instances: BalancedInstances,
): TargetGroup {
  const states = new Map(
    targets.map((target) => [target, stateOf(target, { isUsed: true, instance: instances.find(target.id), group })]),
  );
  const isAnyHealthy = targets.some((target) => states.get(target)?.State === "healthy");
  // AWS fails open: with no healthy target at all, those that fail their checks get the traffic.
  const serving = isAnyHealthy ? "healthy" : "unhealthy";
  const { check } = group;
  return {
    id: group.arn,
    ...traitsOf(group),
    check: {
      protocol: check.protocol,
      path: check.path,
      matcher: check.matcher,
      intervalSeconds: check.intervalSeconds,
      timeoutSeconds: check.timeoutSeconds,
    },
    targets: targets.flatMap((target) => {
      const state = states.get(target)?.State;
      return addressesOf(target, { group, instances }).map((address) => ({
        ...address,
        key: targetKey(target),
        inRotation: state === serving,
        isChecked: state === "healthy" || state === "unhealthy" || state === "initial",
      }));
    }),
  };
}

function traitsOf({
  protocol,
  attributes,
}: TargetGroupRecord): Pick<TargetGroup, "algorithm" | "sticky" | "slowStartSeconds" | "cutsConnections"> {
  if (protocol === "TCP") {
    const isOn = (name: keyof typeof targetGroupAttributes.TCP) =>
      attributeOf(targetGroupAttributes.TCP, attributes, name) === "true";
    const cutsConnections = isOn("deregistration_delay.connection_termination.enabled");
    const isSticky = isOn("stickiness.enabled");
    return {
      algorithm: "round_robin",
      slowStartSeconds: 0,
      cutsConnections,
      sticky: isSticky ? { by: "source-ip" } : undefined,
    };
  }
  const value = (name: keyof typeof targetGroupAttributes.HTTP) =>
    attributeOf(targetGroupAttributes.HTTP, attributes, name);
  const seconds = (kind: "lb_cookie" | "app_cookie") => Number(value(`stickiness.${kind}.duration_seconds`));
  const sticky: TargetGroup["sticky"] =
    value("stickiness.type") === "lb_cookie"
      ? { by: "cookie", seconds: seconds("lb_cookie") }
      : { by: "application-cookie", name: value("stickiness.app_cookie.cookie_name"), seconds: seconds("app_cookie") };
  return {
    algorithm: value("load_balancing.algorithm.type") === "round_robin" ? "round_robin" : "least_outstanding_requests",
    cutsConnections: true,
    slowStartSeconds: Number(value("slow_start.duration_seconds")),
    sticky: value("stickiness.enabled") === "true" ? sticky : undefined,
  };
}

function addressesOf(
  { id, port }: TargetRecord,
  { group, instances }: { readonly group: TargetGroupRecord; readonly instances: BalancedInstances },
): readonly Pick<Target, "host" | "port" | "checkPort">[] {
  const checkPort = group.check.port === "traffic-port" ? port : Number(group.check.port);
  if (group.targetType === "ip") return [{ host: id, port, checkPort }];
  const instance = instances.find(id);
  if (instance === undefined) return [];
  const at = (wanted: number) => instances.addressOf({ instanceId: id, privateIp: instance.privateIp }, wanted);
  return [{ ...at(port), checkPort: at(checkPort).port }];
}
