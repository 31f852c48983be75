import {
  type Action,
  type Context,
  type Decision,
  evaluate,
  parsePolicy,
  type PolicyDocument,
} from "@sluice/aws-protocol";
import { checkDocument, type IamContext, type IamOperations, invalid, noSuch } from "../context.ts";
import { findPolicy, versionOf } from "./managed-policies.ts";
import { page } from "../pagination.ts";
import { boundaryOf, documentsOf } from "./permissions.ts";

/** Longest policy that is simulated, in characters. */
const charactersMax = 131_072;

/** Returns what somebody's policies would decide, without doing it. */
export const simulateOperations: IamOperations = {
  SimulatePrincipalPolicy(context, input) {
    const { PolicySourceArn = "", ActionNames = [], ResourceArns = ["*"], PolicyInputList = [] } = input;
    const { PermissionsBoundaryPolicyInputList = [], ContextEntries = [] } = input;
    if (ActionNames.length === 0) throw invalid("ActionNames must name at least one action");
    const source = sourceOf(context, PolicySourceArn);
    const policies = [
      ...source.documents,
      ...PolicyInputList.map((text) =>
        checkDocument(text, { kind: "identity", charactersMax, of: "the policy input" }),
      ),
    ].map((document) => parsePolicy(document, "identity"));
    const [tried] = PermissionsBoundaryPolicyInputList.map((text) =>
      checkDocument(text, { kind: "identity", charactersMax, of: "the boundary" }),
    );
    const bound = tried ?? source.boundary;
    const boundary = bound === undefined ? undefined : parsePolicy(bound, "identity");
    const known: Context = new Map(
      ContextEntries.map(({ ContextKeyName = "", ContextKeyValues = [] }) => [
        ContextKeyName.toLowerCase(),
        ContextKeyValues,
      ]),
    );
    const results = ActionNames.flatMap((name) =>
      ResourceArns.map((resource) => result({ policies, boundary }, { name, resource, context: known })),
    );
    const { items, ...rest } = page(
      results,
      input,
      ({ EvalActionName, EvalResourceName }) => `${EvalActionName} ${EvalResourceName}`,
    );
    return { EvaluationResults: items, ...rest };
  },
};

const decisions = { allowed: "allowed", "explicitly denied": "explicitDeny", "not allowed": "implicitDeny" } as const;

/** Returns what policies decide of an action, together with a boundary that must allow it, too. */
function result(
  { policies, boundary }: { policies: readonly PolicyDocument[]; boundary: PolicyDocument | undefined },
  action: Action,
) {
  const own = evaluate(policies, action).outcome;
  const most = boundary === undefined ? undefined : evaluate([boundary], action).outcome;
  return {
    EvalActionName: action.name,
    EvalResourceName: action.resource,
    EvalDecision: decisions[together(own, most)],
    MatchedStatements: [],
    MissingContextValues: [],
    PermissionsBoundaryDecisionDetail:
      most === undefined ? undefined : { AllowedByPermissionsBoundary: most === "allowed" },
  };
}

type Outcome = Decision["outcome"];

function together(own: Outcome, most: Outcome = "allowed"): Outcome {
  if (own === "explicitly denied" || most === "explicitly denied") return "explicitly denied";
  return own === "allowed" ? most : own;
}

interface Source {
  readonly documents: readonly string[];
  readonly boundary?: string | undefined;
}

function sourceOf({ records }: IamContext, arn: string): Source {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const kind = /:(role|group)\//.exec(arn)?.[1] as "role" | "group" | undefined; // the only two that match
  const owner = records.find(kind ?? "user", name);
  if (owner?.arn === arn) return { documents: documentsOf(records, owner), boundary: boundaryOf(records, owner) };
  const policy = findPolicy(records, arn);
  if (policy !== undefined) return { documents: [versionOf(policy).document] };
  throw noSuch(`The entity ${arn} cannot be found.`);
}
