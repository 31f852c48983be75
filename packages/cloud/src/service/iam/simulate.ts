import { type Context, evaluate, parsePolicy } from "@sluice/aws-protocol";
import { checkDocument, type IamContext, type IamOperations, invalid, noSuch } from "./context.ts";
import { findPolicy, versionOf } from "./managed-policies.ts";
import { page } from "./page.ts";
import { documentsOf } from "./permissions.ts";

/** Characters of a policy that is only tried out. */
const charactersMax = 131_072;

/** Answers what somebody's policies would say, without doing it. */
export const simulateOperations: IamOperations = {
  SimulatePrincipalPolicy(context, input) {
    const {
      PolicySourceArn = "",
      ActionNames = [],
      ResourceArns = ["*"],
      PolicyInputList = [],
      ContextEntries = [],
    } = input;
    if (ActionNames.length === 0) throw invalid("ActionNames must name at least one action");
    const policies = [
      ...documentsBehind(context, PolicySourceArn),
      ...PolicyInputList.map((text) =>
        checkDocument(text, { kind: "identity", charactersMax, of: "the policy input" }),
      ),
    ].map((document) => parsePolicy(document, "identity"));
    const known: Context = new Map(
      ContextEntries.map(({ ContextKeyName = "", ContextKeyValues = [] }) => [
        ContextKeyName.toLowerCase(),
        ContextKeyValues,
      ]),
    );
    const results = ActionNames.flatMap((name) =>
      ResourceArns.map((resource) => {
        const { outcome } = evaluate(policies, { name, resource, context: known });
        return {
          EvalActionName: name,
          EvalResourceName: resource,
          EvalDecision: decisions[outcome],
          MatchedStatements: [],
          MissingContextValues: [],
        };
      }),
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

function documentsBehind({ records }: IamContext, arn: string): readonly string[] {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const owner = records.find(arn.includes(":role/") ? "role" : "user", name);
  if (owner?.arn === arn) return documentsOf(records, owner);
  const policy = findPolicy(records, arn);
  if (policy !== undefined) return [versionOf(policy).document];
  throw noSuch(`The entity ${arn} cannot be found.`);
}
