import {
  type Call,
  contextOf,
  evaluate,
  evaluateTrust,
  Fault,
  MalformedPolicy,
  mayDoEverything,
  parsePolicy,
  principalArnOf,
  refused,
} from "@sluice/aws-protocol";
import { findPolicy, type IamRecords, parsed, type Role, versionOf } from "../iam/index.ts";

/** A key for a limited time. */
export interface SessionKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Where the keys of sessions are made. */
export interface SessionKeys {
  /** Issues a session of a user or a role. Session policies, where given, must allow its actions, too. */
  issueSession(session: {
    readonly arn: string;
    readonly userId: string;
    readonly seconds: number;
    readonly policies?: readonly string[] | undefined;
  }): Promise<SessionKey>;
}

export interface StsContext {
  readonly records: IamRecords;
  readonly keys: SessionKeys;
  readonly accountId: string;
}

/** A request for a session of a role. */
interface RoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly seconds?: number | undefined;
  readonly externalId?: string | undefined;
  readonly policies?: readonly string[] | undefined;
}

/** A session of a role. */
export interface RoleSession {
  readonly key: SessionKey;
  readonly userId: string;
  readonly arn: string;
}

/** In seconds: the shortest session, the default, and the longest session of a session (role chaining). */
const secondsLeast = 900;
const secondsUsual = 3600;
const secondsMostInChain = 3600;

const invalid = (message: string) => new Fault("ValidationError", message);

/** Issues a session of a role to a caller whom the role trusts and whose policies allow it. */
export async function assumeRole(context: StsContext, call: Call, request: RoleRequest): Promise<RoleSession> {
  const role = roleOf(context, request.roleArn);
  if (role === undefined || !mayAssume(role, call, request))
    throw refused({ protocol: "query", call }, { name: "sts:AssumeRole", resource: request.roleArn });
  const isChained = call.principal.arn.includes(":assumed-role/");
  return sessionOf(context, role, request, isChained ? secondsMostInChain : role.sessionSecondsMax);
}

/** Issues a session of a role to one of the cloud's own services that the role trusts, such as a function's role to Lambda. Throws a Fault when it does not. */
export async function assumeRoleAsService(
  context: StsContext,
  service: string,
  request: RoleRequest,
): Promise<RoleSession> {
  const role = roleOf(context, request.roleArn);
  const caller = { accountId: context.accountId, arns: [], service };
  const action = { name: "sts:AssumeRole", resource: request.roleArn, context: new Map() };
  if (role === undefined || evaluateTrust(parsePolicy(role.trust, "trust"), caller, action) !== "trusted")
    throw new Fault(
      "AccessDenied",
      `${service} is not authorized to perform: sts:AssumeRole on resource: ${request.roleArn}`,
      {
        status: 403,
      },
    );
  return sessionOf(context, role, request, role.sessionSecondsMax);
}

/** Returns the role of an ARN, or undefined. */
export function roleOf({ records }: StsContext, arn: string): Role | undefined {
  const role = records.find("role", arn.slice(arn.lastIndexOf("/") + 1));
  return role?.arn === arn ? role : undefined;
}

/** Whether a role trusts the caller. A trust policy that names the caller suffices; one that names the account leaves it to the caller's policies, and one that names the caller's role to what narrows the session. */
function mayAssume(role: Role, call: Call, { sessionName, externalId }: RoleRequest): boolean {
  const { principal } = call;
  const context = contextOf(call, { "sts:RoleSessionName": sessionName, "sts:ExternalId": externalId });
  const action = { name: "sts:AssumeRole", resource: role.arn, context };
  const { trustedIds } = role;
  const isAdministrator = mayDoEverything(principal);
  const ownId = principal.userId.split(":")[0];
  // A name is trusted only while it belongs to the same user or role as when the policy was written.
  const isNamed = (arn: string) => trustedIds === undefined || isAdministrator || trustedIds[arn] === ownId;
  const trustIn = (...arns: readonly string[]) => {
    const { accountId, service } = principal;
    const caller = { accountId, arns: arns.filter(isNamed), service };
    return evaluateTrust(parsePolicy(role.trust, "trust"), caller, action);
  };
  const own = (principal.policies ?? []).map(({ kind, documents }) => ({ kind, ...evaluate(documents, action) }));
  if (own.some(({ outcome }) => outcome === "explicitly denied")) return false;
  const trust = trustIn(principal.arn, principalArnOf(principal));
  if (trust !== "trusted" && trust !== "trusted for the account") return false;
  if (isAdministrator) return true;
  const all = trust === "trusted" ? own.filter(({ kind }) => kind !== "identity-based policy") : own;
  const isAllowed = all.every(({ outcome }) => outcome === "allowed");
  if (trust !== "trusted") return all.length > 0 && isAllowed;
  // As on AWS a session policy or a boundary narrows what the trust policy grants to the role, but not what it grants to the session itself.
  return isAllowed || trustIn(principal.arn) === "trusted";
}

async function sessionOf(
  { keys, accountId }: StsContext,
  role: Role,
  { sessionName, seconds, policies }: RoleRequest,
  secondsMost: number,
): Promise<RoleSession> {
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid(
      `1 validation error detected: Value '${sessionName.slice(0, 80)}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}`,
    );
  const wanted = seconds ?? Math.min(secondsUsual, secondsMost);
  if (!(wanted >= secondsLeast))
    throw invalid(
      `1 validation error detected: Value '${wanted}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to ${secondsLeast}`,
    );
  if (wanted > secondsMost)
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  const arn = `arn:aws:sts::${accountId}:assumed-role/${role.name}/${sessionName}`;
  const userId = `${role.id}:${sessionName}`;
  const key = await keys.issueSession({
    arn,
    userId,
    seconds: wanted,
    policies,
  });
  return { key, userId, arn };
}

/** Characters of a session's policies: STS's own limit. */
const sessionPolicyCharactersMax = 2048;

/** Returns the policies that narrow a session: an inline one, and managed ones. */
export function sessionPolicies(
  { records }: StsContext,
  { policy, arns }: { readonly policy: string | undefined; readonly arns: readonly string[] },
): readonly string[] | undefined {
  if (policy === undefined && arns.length === 0) return undefined;
  if ((policy?.length ?? 0) > sessionPolicyCharactersMax)
    throw new Fault(
      "PackedPolicyTooLargeException",
      `The policy has ${policy?.length} characters, and at most ${sessionPolicyCharactersMax} are allowed`,
    );
  const managed = arns.map((arn) => {
    const found = findPolicy(records, arn);
    if (found === undefined) throw new Fault("MalformedPolicyDocumentException", `Policy ${arn} was not found.`);
    return versionOf(found).document;
  });
  try {
    if (policy !== undefined) parsed(policy);
  } catch (error) {
    if (error instanceof MalformedPolicy)
      throw new Fault("MalformedPolicyDocumentException", error.message, { cause: error });
    throw error;
  }
  return [...(policy === undefined ? [] : [policy]), ...managed];
}
