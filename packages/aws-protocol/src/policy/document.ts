import { isKnownOperator } from "./operators.ts";

/** A policy document: statements that allow or deny. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
  /** Only documents of 2012-10-17 have variables such as `${aws:username}`. */
  readonly hasVariables: boolean;
}

/** One statement. Undefined members do not narrow it. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: Choice;
  readonly resources?: Choice | undefined;
  readonly principals?: Principals | undefined;
  readonly conditions: readonly Condition[];
}

/** Patterns, one of which must match; none of which may, if negated. */
export interface Choice {
  readonly patterns: readonly string[];
  readonly isNegated: boolean;
}

/** The principals of a trust policy: ARNs, account ids or `*`, and names of services. */
export interface Principals {
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly isNegated: boolean;
}

/** A condition: the key's value compared with each of the values by the operator. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A policy document is invalid; the message says why. */
export class MalformedPolicy extends Error {}

/** An identity policy says what a caller may do; a trust policy says who may assume a role. */
export type PolicyKind = "identity" | "trust";

/** Parses a policy document. Throws MalformedPolicy, in AWS's words where they are known. */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  const document = record(json(text), "Syntax errors in policy.");
  only(document, ["Version", "Id", "Statement"]);
  const version = document["Version"] ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17")
    throw new MalformedPolicy(
      `Syntax errors in policy. The version is ${JSON.stringify(version)}, and "2012-10-17" is wanted`,
    );
  const statements = listOf(document["Statement"]);
  if (statements.length === 0) throw new MalformedPolicy("Syntax errors in policy. It has no statement");
  return {
    hasVariables: version === "2012-10-17",
    statements: statements.map((statement) => readStatement(record(statement, "Syntax errors in policy."), kind)),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedPolicy("This policy contains invalid Json", { cause });
  }
}

const fields: Readonly<Record<PolicyKind, readonly string[]>> = {
  identity: ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"],
  trust: ["Sid", "Effect", "Action", "NotAction", "Principal", "NotPrincipal", "Condition"],
};

function readStatement(statement: Record<string, unknown>, kind: PolicyKind): Statement {
  only(statement, fields[kind]);
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny")
    throw new MalformedPolicy(
      `Syntax errors in policy. Effect is ${JSON.stringify(effect)}, and Allow or Deny is wanted`,
    );
  const actions = choice(statement, "Action");
  for (const action of actions.patterns)
    if (action !== "*" && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action))
      throw new MalformedPolicy(
        `Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. Found: "${action.slice(0, 120)}"`,
      );
  const conditions = readConditions(statement["Condition"]);
  if (kind === "trust") return { effect, actions, conditions, principals: readPrincipals(statement) };
  const resources = choice(statement, "Resource");
  const foreign = resources.patterns.find((resource) => resource !== "*" && !/^(arn|\*|\$\{)/.test(resource));
  if (foreign !== undefined)
    throw new MalformedPolicy(`Resource ${foreign.slice(0, 200)} must be in ARN format or "*".`);
  return { effect, actions, resources, conditions };
}

function choice(statement: Record<string, unknown>, name: "Action" | "Resource"): Choice {
  const [positive, negative] = [statement[name], statement[`Not${name}`]];
  if (positive !== undefined && negative !== undefined)
    throw new MalformedPolicy(`Syntax errors in policy. A statement has ${name} or Not${name}, not both`);
  const patterns = texts(positive ?? negative, name);
  if (patterns.length === 0)
    throw new MalformedPolicy(
      name === "Action" ? "Policy statement must contain actions." : "Policy statement must contain resources.",
    );
  return { patterns, isNegated: positive === undefined };
}

function readPrincipals(statement: Record<string, unknown>): Principals {
  const [positive, negative] = [statement["Principal"], statement["NotPrincipal"]];
  if ((positive === undefined) === (negative === undefined))
    throw new MalformedPolicy("Missing required field Principal");
  const found = positive ?? negative;
  const isNegated = positive === undefined;
  if (found === "*") return { aws: ["*"], services: [], isNegated };
  const kinds = record(found, "Invalid principal in policy");
  const foreign = Object.keys(kinds).find((kind) => !["AWS", "Service", "Federated", "CanonicalUser"].includes(kind));
  if (foreign !== undefined) throw new MalformedPolicy(`Invalid principal in policy: "${foreign.slice(0, 60)}"`);
  const aws = texts(kinds["AWS"], "Principal");
  const invalid = aws.find((name) => !/^(\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+)$/.test(name));
  if (invalid !== undefined) throw new MalformedPolicy(`Invalid principal in policy: "AWS":"${invalid.slice(0, 200)}"`);
  return { aws, services: texts(kinds["Service"], "Principal"), isNegated };
}

function readConditions(found: unknown): readonly Condition[] {
  if (found === undefined) return [];
  return Object.entries(record(found, "Syntax errors in policy. Condition must be an object")).flatMap(
    ([operator, keys]) => {
      if (!isKnownOperator(operator)) throw new MalformedPolicy(`Invalid Condition type : ${operator.slice(0, 60)}.`);
      return Object.entries(record(keys, "Syntax errors in policy. A condition must be an object")).map(
        ([key, values]): Condition => ({ operator, key, values: texts(values, "Condition") }),
      );
    },
  );
}

function texts(found: unknown, name: string): readonly string[] {
  return listOf(found).map((item) => {
    if (typeof item === "string") return item;
    if (name === "Condition" && (typeof item === "boolean" || typeof item === "number")) return String(item);
    throw new MalformedPolicy(`Syntax errors in policy. ${name} must be a text or a list of texts`);
  });
}

function listOf(found: unknown): readonly unknown[] {
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

function record(found: unknown, message: string): Record<string, unknown> {
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw new MalformedPolicy(message);
  return found as Record<string, unknown>; // an object of JSON
}

function only(found: Record<string, unknown>, names: readonly string[]): void {
  const foreign = Object.keys(found).find((name) => !names.includes(name));
  if (foreign === undefined) return;
  throw new MalformedPolicy(
    names.includes("Effect") && ["Resource", "NotResource", "Principal", "NotPrincipal"].includes(foreign)
      ? `Has prohibited field ${foreign}`
      : `Syntax errors in policy. "${foreign.slice(0, 60)}" is none of ${names.join(", ")}`,
  );
}
