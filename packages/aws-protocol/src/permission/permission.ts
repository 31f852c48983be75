import { Fault } from "../fault.ts";
import type { Call, PolicySet, Principal } from "./identity.ts";
import type { Protocol } from "../service/model.ts";
import { type Context, type Decision, evaluate } from "../policy/index.ts";

/** What a request would do, in IAM's words: an action on a resource, with condition keys. */
export interface Access {
  /** Such as `codedeploy:CreateDeployment`; by default that of the operation. */
  readonly action?: string | undefined;
  /** The ARN of the resource, however the request spells it; `*` where AWS's action has no single resource. Undefined when it cannot be told: then a Deny on any resource denies, and only an Allow on `*` allows. */
  readonly resource?: string | undefined;
  /** Another spelling of the ARN in policies. */
  readonly alias?: string | undefined;
  /** Other ARNs of the same resource: a Deny on one of them denies, an Allow on one does not allow. */
  readonly also?: readonly string[] | undefined;
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Whether `resource` is only the pattern that an Allow must match, and any resource may be meant: a Deny on any denies. */
  readonly isUnknown?: boolean | undefined;
  /** Whether no Allow is needed, because the operation itself decides or AWS does not check; a Deny still denies. */
  readonly isOpen?: boolean | undefined;
  /** Whether not even a Deny denies it. */
  readonly isFree?: boolean | undefined;
  /** A policy of the resource itself denies it, whatever the caller's own policies say. */
  readonly isDenied?: boolean | undefined;
}

/** An access with all defaults filled in. */
export interface ResolvedAccess {
  readonly action: string;
  readonly resource: string;
  /** The other spelling of the ARN; the ARN itself when there is none. */
  readonly alias: string;
  readonly also: readonly string[];
  readonly isUnknown: boolean;
  readonly context: NonNullable<Access["context"]>;
  readonly isOpen: boolean;
  readonly isFree: boolean;
  readonly isDenied: boolean;
}

/** Returns what a request to an operation would do. */
export type AccessOf = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
  call: Call,
) => readonly Access[] | Promise<readonly Access[]>;

/** What requests to each operation would do, by the operation's name. */
export type AccessTable = Readonly<
  Record<string, (...of: Parameters<AccessOf> extends [string, ...infer Rest] ? Rest : never) => ReturnType<AccessOf>>
>;

/** Looks accesses up in a table. An operation that it lacks has an unknown resource. */
export const accessesFromTable =
  (table: AccessTable): AccessOf =>
  (operation, input, call) =>
    Object.hasOwn(table, operation) ? (table[operation]?.(input, call) ?? []) : [];

/** Returns rows for operations whose action has no single resource, such as those that list and describe. */
export const onAnyResource = (operations: readonly string[]): AccessTable =>
  Object.fromEntries(operations.map((operation) => [operation, () => [{ resource: "*" }]]));

/** Whether a host's own key may make a request of a service without any policy. */
export type HostPermission = (
  principal: Principal & { readonly host: string },
  operation: string,
  input: unknown,
) => boolean | Promise<boolean>;

/** Who may call a service. */
export interface Permissions {
  /** By default: the operation's name as the action, on an unknown resource. */
  readonly accesses?: AccessOf | undefined;
  /** What a host may do without a policy; a Deny still denies it. */
  readonly hosts?: HostPermission | undefined;
  /** Whether only hosts and administrators may call it: policies can deny, never allow. */
  readonly isForHostsAlone?: boolean | undefined;
}

/** A request whose permission is to be checked. */
export interface PermissionRequest {
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly call: Call;
}

/** Returns what a request would do, with all defaults filled in. */
export function accessesOf(
  { accesses }: Permissions,
  { signingName, operation, input, call }: Pick<PermissionRequest, "signingName" | "operation" | "input" | "call">,
): readonly ResolvedAccess[] | Promise<readonly ResolvedAccess[]> {
  const own = `${prefixes[signingName] ?? signingName}:${operation}`;
  const understood = (found: readonly Access[]) =>
    // No access listed means an unknown resource.
    (found.length === 0 ? [{} as Access] : found).map((access) => resolveAccess(access, own));
  const found = accesses?.(operation, input, call) ?? [];
  return found instanceof Promise ? found.then(understood) : understood(found);
}

function resolveAccess(access: Access, own: string): ResolvedAccess {
  const { action = own, resource = "*", alias = resource, also = [], context = {} } = access;
  const { isOpen = false, isFree = false, isDenied = false, isUnknown = access.resource === undefined } = access;
  return { action, resource, alias, also, context, isUnknown, isOpen, isFree, isDenied };
}

/** Throws AWS's refusal unless a request is permitted: the only place where that is decided. */
export async function permit(
  { hosts, isForHostsAlone = false }: Permissions,
  asking: PermissionRequest,
  accesses: readonly ResolvedAccess[],
): Promise<void> {
  const { operation, input, call } = asking;
  const { principal } = call;
  const { host, policies = [] } = principal;
  if (mayDoEverything(principal)) return;
  const isOwn = host !== undefined && (await hosts?.({ ...principal, host }, operation, input)) === true;
  for (const { action: name, context, isOpen, isFree, isDenied, ...judged } of accesses) {
    if (isFree) continue;
    const { resource } = judged;
    if (isDenied)
      throw refused(asking, { name, resource }, { outcome: "explicitly denied", kind: "resource-based policy" });
    const action = { name, ...judged, context: contextOf(call, context) };
    const decisions = policies.map(({ kind, documents }) => ({ kind, ...evaluate(documents, action) }));
    const denied = decisions.find(({ outcome }) => outcome === "explicitly denied");
    const isAllowed =
      policies.length > 0 && !isForHostsAlone && decisions.every(({ outcome }) => outcome === "allowed");
    if (denied === undefined && (isOpen || isOwn || isAllowed)) continue;
    throw refused(asking, { name, resource }, denied ?? decisions.find(({ outcome }) => outcome !== "allowed"));
  }
}

/** Whether a principal is an administrator, who needs no permission. */
export const mayDoEverything = ({ host, policies }: Principal): boolean => host === undefined && policies === undefined;

/** IAM's prefixes for services whose credential scopes have another name. */
const prefixes: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Returns IAM's global condition keys for a request, and its own. */
export function contextOf(call: Call, more: NonNullable<Access["context"]> = {}): Context {
  const { principal, region, receivedAt, sourceIp } = call;
  const values: Record<string, string | readonly string[] | undefined> = {
    "aws:PrincipalArn": principalArnOf(principal),
    "aws:PrincipalAccount": principal.accountId,
    "aws:PrincipalType": principal.arn.includes(":assumed-role/") ? "AssumedRole" : "User",
    "aws:userid": principal.userId,
    "aws:username": principal.arn.includes(":user/")
      ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1)
      : undefined,
    "aws:RequestedRegion": region,
    "aws:SourceIp": sourceIp,
    "aws:CurrentTime": new Date(receivedAt).toISOString(),
    "aws:EpochTime": String(Math.floor(receivedAt / 1000)),
    "aws:SecureTransport": String(call.endpoint.startsWith("https:")),
    ...Object.fromEntries(
      Object.entries(principal.tags ?? {}).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]),
    ),
    ...more,
  };
  // Keys are case-insensitive, those of tags included: a tag of another case must not hide the first one.
  const known = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined) known.set(key.toLowerCase(), [...(known.get(key.toLowerCase()) ?? []), ...[value].flat()]);
  return known;
}

/** Returns a caller's ARN as policies name it: for a session the role's, with its path; for others their own. */
export const principalArnOf = ({ arn, roleArn }: Pick<Principal, "arn" | "roleArn">): string =>
  roleArn ?? arn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, "arn:aws:iam::$1:role/$2");

/** Returns AWS's refusal in the form of a protocol. */
export function refused(
  { protocol, call: { principal } }: Pick<PermissionRequest, "protocol" | "call">,
  { name, resource }: { readonly name: string; readonly resource: string },
  decision?: Decision & Partial<Pick<PolicySet, "kind">>,
): Fault {
  const { kind = "identity-based policy" } = decision ?? {};
  const why =
    decision?.outcome === "explicitly denied"
      ? `with an explicit deny in ${kind.startsWith("i") ? "an" : "a"} ${kind}`
      : `because no ${kind} allows the ${name} action`;
  const caveat = decision?.caveat === undefined ? "" : `: ${decision.caveat}`;
  const text = `User: ${principal.arn} is not authorized to perform: ${name} on resource: ${protocol === "rest-xml" ? `"${resource}"` : resource} ${why}${caveat}`;
  switch (protocol) {
    case "json":
      return new Fault("AccessDeniedException", text, { status: 400 });
    case "rest-json":
      return new Fault("AccessDeniedException", text, { status: 403 });
    case "ec2":
      return new Fault("UnauthorizedOperation", `You are not authorized to perform this operation. ${text}`, {
        status: 403,
      });
    case "query":
    case "rest-xml":
      return new Fault("AccessDenied", text, { status: 403 });
  }
}
