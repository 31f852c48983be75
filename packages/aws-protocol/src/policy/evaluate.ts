import type { Choice, PolicyDocument, Principals, Statement } from "./document.ts";
import { holds } from "./operators.ts";
import { type Context, matches } from "./pattern.ts";

/** One action of a request. */
export interface Action {
  /** Such as `codedeploy:CreateDeployment`. */
  readonly name: string;
  /** An ARN, or `*` when the action has no single resource. */
  readonly resource: string;
  /** Another spelling of the ARN in policies. */
  readonly alias?: string | undefined;
  /** Other ARNs of the same resource, by which a Deny may name it. */
  readonly also?: readonly string[] | undefined;
  /** Whether the resource cannot be told: then a Deny is evaluated as if its resources, and their tags in its conditions, matched. */
  readonly isUnknown?: boolean | undefined;
  readonly context: Context;
}

/** The result of evaluating policies. `caveat` names a condition that could not be evaluated. */
export interface Decision {
  readonly outcome: "allowed" | "explicitly denied" | "not allowed";
  readonly caveat?: string | undefined;
}

/** Evaluates identity policies: an explicit deny wins, else one statement must allow. A condition that cannot be evaluated counts against the caller. */
export function evaluate(policies: readonly PolicyDocument[], action: Action): Decision {
  const judged = policies.flatMap(({ statements, hasVariables }) => {
    const variables = hasVariables ? action.context : undefined;
    return statements
      .filter((statement) => choosesAction(statement.actions, action.name) && fits(statement, action, variables))
      .map((statement) => ({
        statement,
        conditions: judgeConditions(judgeable(statement, action), action.context, variables),
      }));
  });
  return conclude(judged);
}

/** A caller who asks to assume a role. */
export interface Caller {
  readonly accountId: string;
  /** The caller's own ARN, and for a session also its role's. */
  readonly arns: readonly string[];
  /** For a service, such as `codedeploy.amazonaws.com`. */
  readonly service?: string | undefined;
}

/** The result of evaluating a trust policy: `for the account` leaves the decision to the caller's own policies. */
export type Trust = "trusted" | "trusted for the account" | "explicitly denied" | "not trusted";

/** Evaluates a role's trust policy for a caller. */
export function evaluateTrust({ statements, hasVariables }: PolicyDocument, caller: Caller, action: Action): Trust {
  const variables = hasVariables ? action.context : undefined;
  const judged = statements
    .filter(({ actions }) => choosesAction(actions, action.name))
    .map((statement) => ({
      statement,
      named: named(statement.principals, caller),
      conditions: judgeConditions(statement, action.context, variables),
    }))
    .filter(({ named }) => named !== undefined);
  const { outcome } = conclude(judged);
  if (outcome === "explicitly denied") return outcome;
  if (outcome === "not allowed") return "not trusted";
  const isDirect = judged.some(
    ({ statement, named, conditions }) => statement.effect === "Allow" && conditions === true && named === "itself",
  );
  return isDirect ? "trusted" : "trusted for the account";
}

type JudgedStatement = { readonly statement: Statement; readonly conditions: boolean | { readonly unknown: string } };

function conclude(judged: readonly JudgedStatement[]): Decision {
  const unknown = judged.flatMap(({ conditions }) => (typeof conditions === "object" ? [conditions.unknown] : []))[0];
  const caveat = unknown && `a policy uses the condition operator "${unknown.slice(0, 60)}", which is not known here`;
  if (judged.some(({ statement, conditions }) => statement.effect === "Deny" && conditions !== false))
    return { outcome: "explicitly denied", caveat };
  const isAllowed = judged.some(({ statement, conditions }) => statement.effect === "Allow" && conditions === true);
  return isAllowed ? { outcome: "allowed" } : { outcome: "not allowed", caveat };
}

function judgeConditions(
  { conditions }: Pick<Statement, "conditions">,
  context: Context,
  variables: Context | undefined,
): boolean | { readonly unknown: string } {
  let unknown: string | undefined;
  for (const condition of conditions) {
    const holding = holds(condition, context.get(condition.key.toLowerCase()) ?? [], variables);
    if (holding === false) return false;
    if (holding === undefined) unknown = condition.operator;
  }
  return unknown === undefined ? true : { unknown };
}

/** Action names are case-insensitive. */
function choosesAction({ patterns, isNegated }: Choice, name: string): boolean {
  return patterns.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase())) !== isNegated;
}

function fits({ effect, resources }: Statement, action: Action, variables: Context | undefined): boolean {
  if (resources === undefined) return true;
  const { resource, alias = resource, also = [], isUnknown = false } = action;
  if (effect === "Allow") return chooses(resources, [resource, alias], variables);
  return isUnknown || chooses(resources, [resource, alias, ...also], variables);
}

function chooses({ patterns, isNegated }: Choice, names: readonly string[], variables: Context | undefined): boolean {
  const all = new Set(names);
  const isChosen = patterns.some((pattern) => [...all].some((name) => matches(pattern, name, variables)));
  return isChosen !== isNegated;
}

/** Returns the conditions that can be evaluated: those on the tags of an unknown resource cannot. */
function judgeable({ effect, conditions }: Statement, { isUnknown = false }: Action): Pick<Statement, "conditions"> {
  if (effect === "Allow" || !isUnknown) return { conditions };
  return { conditions: conditions.filter(({ key }) => !/resourcetag\//i.test(key)) };
}

/** Returns whether principals name a caller itself, or only its account. */
function named(
  principals: Principals | undefined,
  { accountId, arns, service }: Caller,
): "itself" | "account" | undefined {
  if (principals === undefined) return undefined;
  const { aws, services, isNegated } = principals;
  if (service !== undefined) return services.includes(service) !== isNegated ? "itself" : undefined;
  const isAccount = (name: string) => name === accountId || name === `arn:aws:iam::${accountId}:root`;
  const isItself = aws.some((name) => arns.includes(name));
  if (isNegated) return isItself || aws.some((name) => name === "*" || isAccount(name)) ? undefined : "itself";
  if (isItself) return "itself";
  return aws.some((name) => name === "*" || isAccount(name)) ? "account" : undefined;
}
