import { Fault } from "./fault.ts";
import type { Call, PolicySet, Principal } from "./identity.ts";
import type { Protocol } from "./model.ts";
import { type Context, type Decision, evaluate } from "./policy/index.ts";

/** What a request would do, in IAM's words: an action on a resource, and what the request says of itself for conditions. */
export interface Access {
  /** The operation's own name unless given, such as `codedeploy:CreateDeployment`. */
  readonly action?: string;
  /** An ARN; `*` unless given. */
  readonly resource?: string;
  /** Another way in which policies write the same ARN. */
  readonly alias?: string;
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Everybody may, as far as policies go: the operation itself decides, or nobody has to. */
  readonly isOpen?: boolean;
}

/** What a request to an operation does. */
export type AccessOf = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
  call: Call,
) => readonly Access[] | Promise<readonly Access[]>;

/** Which requests a host's own key may make of a service without any policy. */
export type HostPermission = (
  principal: Principal & { readonly host: string },
  operation: string,
  input: unknown,
) => boolean | Promise<boolean>;

/** Who may call a service. */
export interface Permissions {
  /** What each request does; absent: its operation's name on `*`. */
  readonly accesses?: AccessOf;
  /** What a host may do by being that host; a policy may still forbid it. */
  readonly hosts?: HostPermission;
  /** Only hosts and administrators may call it: policies can forbid, never allow. */
  readonly isForHostsAlone?: boolean;
}

/** A request that waits for permission. */
export interface Asking {
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly call: Call;
}

/** What a request does, with nothing left to be understood. */
export function accessesOf(
  { accesses }: Permissions,
  { signingName, operation, input, call }: Asking,
): readonly Required<Access>[] | Promise<readonly Required<Access>[]> {
  const own = `${prefixes[signingName] ?? signingName}:${operation}`;
  const understood = (found: readonly Access[]) =>
    // Who names nothing would do it to anything.
    (found.length === 0 ? [{} as Access] : found).map(
      ({ action = own, resource = "*", alias = resource, context = {}, isOpen = false }) => ({
        action,
        resource,
        alias,
        context,
        isOpen,
      }),
    );
  const found = accesses?.(operation, input, call) ?? [];
  return found instanceof Promise ? found.then(understood) : understood(found);
}

/** Lets a request pass or throws AWS's refusal: the one place where that is decided. */
export async function permit(
  { hosts, isForHostsAlone = false }: Permissions,
  asking: Asking,
  accesses: readonly Required<Access>[],
): Promise<void> {
  const { operation, input, call } = asking;
  const { principal } = call;
  const { host, policies = [] } = principal;
  if (mayDoEverything(principal)) return;
  const isOwn = host !== undefined && (await hosts?.({ ...principal, host }, operation, input)) === true;
  for (const { action: name, resource, alias, context, isOpen } of accesses) {
    if (isOpen) continue;
    const action = { name, resource, alias, context: contextOf(call, context) };
    const decisions = policies.map(({ kind, documents }) => ({ kind, ...evaluate(documents, action) }));
    const denied = decisions.find(({ outcome }) => outcome === "explicitly denied");
    const isAllowed =
      policies.length > 0 && !isForHostsAlone && decisions.every(({ outcome }) => outcome === "allowed");
    if (denied === undefined && (isOwn || isAllowed)) continue;
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
    "aws:PrincipalArn": principal.arn.replace(
      /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/,
      "arn:aws:iam::$1:role/$2",
    ),
    "aws:PrincipalAccount": principal.accountId,
    "aws:PrincipalType": principal.arn.includes(":assumed-role/") ? "AssumedRole" : "User",
    "aws:userid": principal.userId,
    "aws:username": /:user\/(?:.*\/)?([^/]+)$/.exec(principal.arn)?.[1],
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
  return new Map(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key.toLowerCase(), typeof value === "string" ? [value] : value] as const],
    ),
  );
}

/** AWS's refusal in the form of each protocol. */
export function refused(
  { protocol, call: { principal } }: Pick<Asking, "protocol" | "call">,
  { name, resource }: { readonly name: string; readonly resource: string },
  decision?: Decision & Partial<Pick<PolicySet, "kind">>,
): Fault {
  const { kind = "identity-based policy" } = decision ?? {};
  const why =
    decision?.outcome === "explicitly denied"
      ? `with an explicit deny in ${kind.startsWith("i") ? "an" : "a"} ${kind}`
      : `because no ${kind} allows the ${name} action`;
  const note = decision?.note === undefined ? "" : `: ${decision.note}`;
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
