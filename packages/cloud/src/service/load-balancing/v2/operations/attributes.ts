import { Fault } from "@sluice/aws-protocol";
import type { Attributes } from "../records.ts";

/** An attribute: its default, and what it may be set to. */
interface Attribute {
  readonly initial: string;
  readonly allowed: RegExp | { readonly from: number; readonly to: number; readonly or?: string };
}

type Table = Readonly<Record<string, Attribute>>;

const onOff = /^(true|false)$/;
const always = (initial: string, allowed: Attribute["allowed"]): Attribute => ({ initial, allowed });
const day = { from: 1, to: 604_800 };

/** The attributes of target groups, by the protocol that they speak. */
export const targetGroupAttributes = {
  HTTP: {
    "deregistration_delay.timeout_seconds": always("300", { from: 0, to: 3600 }),
    "stickiness.enabled": always("false", onOff),
    "stickiness.type": always("lb_cookie", /^(lb_cookie|app_cookie)$/),
    // The load balancer's own cookies cannot be an application's.
    "stickiness.app_cookie.cookie_name": always("", /^(?!AWSALB)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/),
    "stickiness.app_cookie.duration_seconds": always("86400", day),
    "stickiness.lb_cookie.duration_seconds": always("86400", day),
    "slow_start.duration_seconds": always("0", { from: 30, to: 900, or: "0" }),
    "load_balancing.algorithm.type": always("round_robin", /^(round_robin|least_outstanding_requests)$/),
    "load_balancing.cross_zone.enabled": always(
      "use_load_balancer_configuration",
      /^(true|false|use_load_balancer_configuration)$/,
    ),
  },
  TCP: {
    "deregistration_delay.timeout_seconds": always("300", { from: 0, to: 3600 }),
    "deregistration_delay.connection_termination.enabled": always("false", onOff),
    "stickiness.enabled": always("false", onOff),
    "stickiness.type": always("source_ip", /^source_ip$/),
    "preserve_client_ip.enabled": always("false", /^false$/),
    "proxy_protocol_v2.enabled": always("false", /^false$/),
    "load_balancing.cross_zone.enabled": always(
      "use_load_balancer_configuration",
      /^(true|false|use_load_balancer_configuration)$/,
    ),
  },
} satisfies Readonly<Record<string, Table>>;

/** The attributes of load balancers, by their type. */
export const loadBalancerAttributes = {
  application: {
    "deletion_protection.enabled": always("false", onOff),
    "idle_timeout.timeout_seconds": always("60", { from: 1, to: 4000 }),
    "access_logs.s3.enabled": always("false", /^false$/),
    "routing.http2.enabled": always("true", onOff),
    // Unlike AWS: ambiguous requests are refused in every mode.
    "routing.http.desync_mitigation_mode": always("defensive", /^(defensive|strictest)$/),
    "routing.http.drop_invalid_header_fields.enabled": always("false", /^false$/),
    "routing.http.preserve_host_header.enabled": always("false", onOff),
    "routing.http.xff_header_processing.mode": always("append", /^append$/),
    "load_balancing.cross_zone.enabled": always("true", /^true$/),
    "client_keep_alive.seconds": always("3600", { from: 60, to: 604_800 }),
  },
  network: {
    "deletion_protection.enabled": always("false", onOff),
    "access_logs.s3.enabled": always("false", /^false$/),
    "load_balancing.cross_zone.enabled": always("false", onOff),
  },
} satisfies Readonly<Record<string, Table>>;

/** The attributes of listeners, by their protocol. */
export const listenerAttributes = {
  HTTP: {},
  HTTPS: {},
  TLS: { "tcp.idle_timeout.seconds": always("350", { from: 60, to: 6000 }) },
  TCP: { "tcp.idle_timeout.seconds": always("350", { from: 60, to: 6000 }) },
} satisfies Readonly<Record<string, Table>>;

/** Returns the value in effect of an attribute in the table. */
export function attributeOf<Name extends string>(
  table: Readonly<Record<Name, Attribute>>,
  attributes: Attributes,
  name: Name,
): string {
  return attributes[name] ?? table[name].initial;
}

/** Returns all attributes in force, as AWS lists them. */
export function listAttributes(table: Table, attributes: Attributes): { Key: string; Value: string }[] {
  return Object.entries(table).map(([Key, { initial }]) => ({ Key, Value: attributes[Key] ?? initial }));
}

/** Returns attributes with changes. Throws a Fault when one is unknown, or may not have that value. */
export function changeAttributes(
  table: Table,
  attributes: Attributes,
  changes: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): Attributes {
  for (const { Key = "", Value = "" } of changes) {
    const attribute = Object.hasOwn(table, Key) ? table[Key] : undefined;
    if (attribute === undefined) throw new Fault("ValidationError", `Attribute key '${Key}' is not recognized`);
    if (!isAllowed(Value, attribute.allowed))
      throw new Fault(
        "ValidationError",
        `Attribute value '${Value}' of '${Key}' is not valid: it must be ${describe(attribute.allowed)}`,
      );
  }
  return { ...attributes, ...Object.fromEntries(changes.map(({ Key = "", Value = "" }) => [Key, Value])) };
}

function isAllowed(value: string, allowed: Attribute["allowed"]): boolean {
  if (allowed instanceof RegExp) return allowed.test(value);
  return value === allowed.or || (/^\d+$/.test(value) && Number(value) >= allowed.from && Number(value) <= allowed.to);
}

function describe(allowed: Attribute["allowed"]): string {
  if (allowed instanceof RegExp) return allowed.source.replaceAll(/[\^$()]/g, "").replaceAll("|", " or ");
  return `a number from ${allowed.from} to ${allowed.to}${allowed.or === undefined ? "" : `, or ${allowed.or},`}`;
}
