import { Fault } from "../fault.ts";
import type { Call, PolicySet, Principal } from "./identity.ts";
import type { Protocol } from "../service/model.ts";
import { type Context, type Decision, evaluate } from "../policy/index.ts";

/** What a request would do, in IAM's words: an action on a resource, and what the request says of itself for conditions. */
export interface Access {
  /** The operation's own name unless given, such as `codedeploy:CreateDeployment`. */
  readonly action?: string | undefined;
  /** The ARN of what is found, however the request spells it; `*` where AWS has an action on no one resource. Absent: nobody can tell, so that a Deny on any resource denies, and only an Allow on `*` allows. */
  readonly resource?: string | undefined;
  /** Another way in which policies write the same ARN. */
  readonly alias?: string | undefined;
  /** Further ARNs of the same thing: a Deny on one of them denies, and an Allow does not allow. */
  readonly also?: readonly string[] | undefined;
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** That the resource is but the form that an Allow must have, and any could be meant: a Deny on any denies. */
  readonly isUnknown?: boolean | undefined;
  /** Needs nobody's Allow, because the operation itself decides or AWS does not ask; a Deny denies it still. */
  readonly isOpen?: boolean | undefined;
  /** Not even a Deny denies it. */
  readonly isFree?: boolean | undefined;
  /** A policy of the resource itself denies it, whatever the caller's own policies say. */
  readonly isDenied?: boolean | undefined;
}

/** An access with nothing left to be understood. */
export interface ResolvedAccess {
  readonly action: string;
  readonly resource: string;
  /** The ARN in all of its spellings that an Allow may have. */
  readonly alias: string;
  readonly also: readonly string[];
  readonly isUnknown: boolean;
  readonly context: NonNullable<Access["context"]>;
  readonly isOpen: boolean;
  readonly isFree: boolean;
  readonly isDenied: boolean;
}

/** What a request to an operation does. */
export type AccessOf = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
  call: Call,
) => readonly Access[] | Promise<readonly Access[]>;

/** What requests to each operation do, by the operation's name. */
export type AccessTable = Readonly<
  Record<string, (...of: Parameters<AccessOf> extends [string, ...infer Rest] ? Rest : never) => ReturnType<AccessOf>>
>;

/** What requests do as a table tells it. Of an operation that it lacks nobody can tell what it touches. */
export const accessesFromTable =
  (table: AccessTable): AccessOf =>
  (operation, input, call) =>
    Object.hasOwn(table, operation) ? (table[operation]?.(input, call) ?? []) : [];

/** A table's rows for operations that AWS has on no one resource, as those that list and describe. */
export const onAnyResource = (operations: readonly string[]): AccessTable =>
  Object.fromEntries(operations.map((operation) => [operation, () => [{ resource: "*" }]]));

/** Which requests a host's own key may make of a service without any policy. */
export type HostPermission = (
  principal: Principal & { readonly host: string },
  operation: string,
  input: unknown,
) => boolean | Promise<boolean>;

/** Who may call a service. */
export interface Permissions {
  /** What each request does; absent: its operation's name on nobody knows what. */
  readonly accesses?: AccessOf | undefined;
  /** What a host may do by being that host; a policy may still forbid it. */
  readonly hosts?: HostPermission | undefined;
  /** Only hosts and administrators may call it: policies can forbid, never allow. */
  readonly isForHostsAlone?: boolean | undefined;
}

/** A request that waits for permission. */
export interface PermissionRequest {
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly call: Call;
}

/** What a request does, with nothing left to be understood. */
export function accessesOf(
  { accesses }: Permissions,
  { signingName, operation, input, call }: Pick<PermissionRequest, "signingName" | "operation" | "input" | "call">,
): readonly ResolvedAccess[] | Promise<readonly ResolvedAccess[]> {
  const own = `${prefixes[signingName] ?? signingName}:${operation}`;
  const understood = (found: readonly Access[]) =>
    // Who names nothing might do it to anything.
    (found.length === 0 ? [{} as Access] : found).map((access) => resolveAccess(access, own));
  const found = accesses?.(operation, input, call) ?? [];
  return found instanceof Promise ? found.then(understood) : understood(found);
}

function resolveAccess(access: Access, own: string): ResolvedAccess {
  const { action = own, resource = "*", alias = resource, also = [], context = {} } = access;
  const { isOpen = false, isFree = false, isDenied = false, isUnknown = access.resource === undefined } = access;
  return { action, resource, alias, also, context, isUnknown, isOpen, isFree, isDenied };
}

/** Lets a request pass or throws AWS's refusal: the one place where that is decided. */
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

/** Administrators need no permission. */
export const mayDoEverything = ({ host, policies }: Principal): boolean => host === undefined && policies === undefined;

/** IAM's name of a service where credential scopes have another. */
const prefixes: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** The condition keys that every request has, and those of this one (IAM's global condition keys). */
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
  // Keys are compared without regard to case, tags' keys as well: one more tag does not hide another.
  const known = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined) known.set(key.toLowerCase(), [...(known.get(key.toLowerCase()) ?? []), ...[value].flat()]);
  return known;
}

/** Who is asking, as policies name them: sessions by their role, with its path; anybody else as they are. */
export const principalArnOf = ({ arn, roleArn }: Pick<Principal, "arn" | "roleArn">): string =>
  roleArn ?? arn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, "arn:aws:iam::$1:role/$2");

/** AWS's refusal in the form of each protocol. */
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
  const note = decision?.caveat === undefined ? "" : `: ${decision.caveat}`;
  const text = `User: ${principal.arn} is not authorized to perform: ${name} on resource: ${protocol === "rest-xml" ? `"${resource}"` : resource} ${why}${note}`;
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
