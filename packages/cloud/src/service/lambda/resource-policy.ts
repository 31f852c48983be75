import {
  type Action,
  type Call,
  contextOf,
  evaluate,
  mayDoEverything,
  parsePolicy,
  principalArnOf,
  resourceTags,
} from "@sluice/aws-protocol";
import { findSetting, functionTags, sameAs } from "./store/function-rows.ts";
import { arnOf, latest } from "./names.ts";

/** A statement of a function's own policy about one principal. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly AWS: string } | { readonly Service: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** The unique id of a user or role, so that another one that gets the name later is not meant; empty where the name belonged to nobody. Absent for principals without ids, and in records of earlier versions. */
  readonly principalId?: string | undefined;
}

/** The resource-based policy of a function, or of one of its aliases or versions. */
export interface ResourcePolicy {
  readonly statements: readonly PolicyStatement[];
}

/** The kind of setting under which such a policy is stored. */
export const kind = "policy" as const;

/** A function, and one of its versions or aliases. */
export interface PolicyPlace {
  readonly name: string;
  readonly qualifier: string;
}

/** Returns the policy of a place, which has no statements where there is none. */
export const policyOf = (context: Parameters<typeof findSetting>[0], place: PolicyPlace): ResourcePolicy =>
  findSetting<ResourcePolicy>(context, { ...place, kind }) ?? { statements: [] };

/** An action on a function that a caller asks for. */
interface Deed {
  readonly call: Call;
  readonly name: "lambda:InvokeFunction" | "lambda:InvokeFunctionUrl";
  /** For conditions. */
  readonly more?: Readonly<Record<string, string>> | undefined;
}

/**
 * Whether somebody may do something to a function, as policies go. Within an account one of the two has to allow it: the
 * caller's own policies, or the function's, where that names the caller or everybody; what the caller's policies deny
 * stays denied. A boundary or a session's policy narrows what the function's policy grants, unless that names the caller
 * itself.
 */
export function mayDo(
  context: Parameters<typeof findSetting>[0] & Parameters<typeof arnOf>[0],
  place: PolicyPlace,
  { call, name, more = {} }: Deed,
): boolean {
  const { policies, arn, userId } = call.principal;
  if (mayDoEverything(call.principal)) return true;
  const resource = arnOf(context, place.name, place.qualifier === latest ? undefined : place.qualifier);
  const tags = resourceTags(functionTags(context, place.name));
  const also = [arnOf(context, place.name, place.qualifier), ...sameAs(context, place.name, place.qualifier)];
  const action = { name, resource, also, context: contextOf(call, { ...tags, ...more }) };
  const own = (policies ?? []).map(({ kind: of, documents }) => ({ of, ...evaluate(documents, action) }));
  if (own.some(({ outcome }) => outcome === "explicitly denied")) return false;
  if (own.length > 0 && own.every(({ outcome }) => outcome === "allowed")) return true;
  const ownId = userId.split(":")[0]; // behind a colon stands the name of a role's session
  const statements = policyOf(context, place).statements.filter(
    ({ principalId }) => principalId === undefined || principalId === ownId,
  );
  const grants = (...names: readonly string[]) => isGranted(statements, { names, action });
  const narrows = own.filter(({ of }) => of !== "identity-based policy");
  return (
    grants(arn) ||
    (grants(principalArnOf(call.principal), "*") && narrows.every(({ outcome }) => outcome === "allowed"))
  );
}

/** Whether a statement allows it to one of these principals. One that names an account leaves it to the account's own policies. */
function isGranted(
  statements: readonly PolicyStatement[],
  { names, action }: { readonly names: readonly string[]; readonly action: Action },
): boolean {
  const chosen = statements
    .filter(({ Principal: to }) => names.includes(typeof to === "string" ? to : "AWS" in to ? to.AWS : ""))
    .map(({ Principal: _named, principalId: _id, ...statement }) => statement);
  if (chosen.length === 0) return false;
  const policy = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: chosen }), "identity");
  return evaluate([policy], action).outcome === "allowed";
}
