import { withoutUndefined } from "../../../without-undefined.ts";
import { createHash } from "node:crypto";
import { type Call, Fault, mayDoEverything } from "@sluice/aws-protocol";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import { functionOf, putSetting, sharesOf } from "../store/function-rows.ts";
import { arnOf, badValue, invalid, latest, readName } from "../names.ts";
import { kind, policyOf, type PolicyPlace, type PolicyStatement, type ResourcePolicy } from "../resource-policy.ts";
import { staleRevision } from "./stale-revision.ts";

/** Operations on a function's own policy. */
export const permissionOperations: LambdaOperations = {
  AddPermission(context, input) {
    const place = placeOf(context, input);
    const { statements } = policyAt(context, place, input.RevisionId);
    const statement = { ...statementOf(context, place, input), principalId: idOf(context, input.Principal) };
    if (statements.some(({ Sid }) => Sid === statement.Sid))
      throw new Fault(
        "ResourceConflictException",
        `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    putSetting(context, { ...place, kind }, { statements: [...statements, statement] } satisfies ResourcePolicy);
    return { Statement: JSON.stringify(shown(statement)) };
  },

  RemovePermission(context, input) {
    const place = placeOf(context, input);
    const { statements } = policyAt(context, place, input.RevisionId);
    const rest = statements.filter(({ Sid }) => Sid !== input.StatementId);
    if (rest.length === statements.length)
      throw new Fault("ResourceNotFoundException", `Statement ${input.StatementId} is not found in resource policy.`);
    putSetting(
      context,
      { ...place, kind },
      rest.length === 0 ? undefined : ({ statements: rest } satisfies ResourcePolicy),
    );
  },

  GetPolicy(context, input) {
    const place = placeOf(context, input);
    const { statements } = policyAt(context, place, undefined);
    if (statements.length === 0)
      throw new Fault("ResourceNotFoundException", "The resource you requested does not exist.");
    return {
      Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements.map(shown) }),
      RevisionId: revisionOf(statements),
    };
  },
};

function placeOf(
  context: LambdaContext,
  { FunctionName, Qualifier }: { FunctionName?: string | undefined; Qualifier?: string | undefined },
): PolicyPlace {
  const { name, qualifier = latest } = readName(FunctionName, Qualifier);
  functionOf(context, name);
  sharesOf(context, name, qualifier);
  return { name, qualifier };
}

function policyAt(context: LambdaContext, place: PolicyPlace, revisionId: string | undefined): ResourcePolicy {
  const policy = policyOf(context, place);
  if (revisionId !== undefined && revisionId !== revisionOf(policy.statements)) throw staleRevision();
  return policy;
}

/** Returns a revision that is the same for the same statements. */
function revisionOf(statements: readonly PolicyStatement[]): string {
  const hex = createHash("sha256").update(JSON.stringify(statements)).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** Returns a statement as replies show it. */
function shown(kept: PolicyStatement): PolicyStatement {
  const { principalId: _, ...statement } = kept;
  return statement;
}

/** Returns the unique id behind an ARN. As on AWS an ARN of this account without one is refused; other accounts have no callers here. */
function idOf({ uniqueIdOf, accountId, call }: LambdaContext & { readonly call: Call }, arn = ""): string | undefined {
  const account = /^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(?!root$)/.exec(arn)?.[1];
  if (account === undefined || (mayDoEverything(call.principal) && arn === call.principal.arn)) return undefined;
  const id = uniqueIdOf(arn);
  if (id === undefined && account === accountId)
    throw badValue("The provided principal was invalid. Please check the principal and try again.");
  return id ?? "";
}

interface Grant {
  readonly StatementId?: string | undefined;
  readonly Action?: string | undefined;
  readonly Principal?: string | undefined;
  readonly SourceArn?: string | undefined;
  readonly SourceAccount?: string | undefined;
  readonly FunctionUrlAuthType?: string | undefined;
  readonly PrincipalOrgID?: string | undefined;
}

function statementOf(context: LambdaContext, { name, qualifier }: PolicyPlace, grant: Grant): PolicyStatement {
  const { StatementId: sid = "", Action: action = "", Principal: principal = "" } = grant;
  if (!/^[a-zA-Z0-9-_]{1,100}$/.test(sid)) throw invalid("statementId", sid, /^[a-zA-Z0-9-_]+$/);
  if (!/^(lambda:[*]|lambda:[a-zA-Z]+|[*])$/.test(action))
    throw invalid("action", action, /^(lambda:[*]|lambda:[a-zA-Z]+|[*])$/);
  const equals = withoutUndefined({
    "AWS:SourceAccount": grant.SourceAccount,
    "lambda:FunctionUrlAuthType": grant.FunctionUrlAuthType,
    "aws:PrincipalOrgID": grant.PrincipalOrgID,
  });
  const condition = withoutUndefined({
    ArnLike: grant.SourceArn === undefined ? undefined : { "AWS:SourceArn": grant.SourceArn },
    StringEquals: Object.keys(equals).length === 0 ? undefined : equals,
  });
  return {
    Sid: sid,
    Effect: "Allow",
    Principal: principalOf(principal),
    Action: action,
    Resource: arnOf(context, name, qualifier === latest ? undefined : qualifier),
    Condition: Object.keys(condition).length === 0 ? undefined : condition,
  };
}

function principalOf(principal: string): PolicyStatement["Principal"] {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  return principal.startsWith("arn:") ? { AWS: principal } : { Service: principal };
}
