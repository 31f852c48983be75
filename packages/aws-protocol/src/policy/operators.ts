import { BlockList, isIP } from "node:net";
import { type Context, expand, matches } from "./pattern.ts";

type Test = (found: string, wanted: string, variables: Context | undefined) => boolean;

interface Operator {
  readonly test: Test;
  /** True when the test fails for all of the values, and when the key is missing. */
  readonly isNegated?: true | undefined;
}

const equal: Test = (found, wanted, variables) => found === expand(wanted, variables);
const equalIgnoringCase: Test = (found, wanted, variables) =>
  found.toLowerCase() === expand(wanted, variables)?.toLowerCase();
const like: Test = (found, wanted, variables) => matches(wanted, found, variables);
const numeric =
  (holds: (found: number, wanted: number) => boolean): Test =>
  (found, wanted) =>
    holds(Number(found), Number(wanted));
const dated =
  (holds: (found: number, wanted: number) => boolean): Test =>
  (found, wanted) =>
    holds(time(found), time(wanted));

/** AWS's condition operators, without `IfExists` and the prefixes for sets. */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equal },
  StringNotEquals: { test: equal, isNegated: true },
  StringEqualsIgnoreCase: { test: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalIgnoringCase, isNegated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, isNegated: true },
  NumericEquals: { test: numeric((a, b) => a === b) },
  NumericNotEquals: { test: numeric((a, b) => a === b), isNegated: true },
  NumericLessThan: { test: numeric((a, b) => a < b) },
  NumericLessThanEquals: { test: numeric((a, b) => a <= b) },
  NumericGreaterThan: { test: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { test: numeric((a, b) => a >= b) },
  DateEquals: { test: dated((a, b) => a === b) },
  DateNotEquals: { test: dated((a, b) => a === b), isNegated: true },
  DateLessThan: { test: dated((a, b) => a < b) },
  DateLessThanEquals: { test: dated((a, b) => a <= b) },
  DateGreaterThan: { test: dated((a, b) => a > b) },
  DateGreaterThanEquals: { test: dated((a, b) => a >= b) },
  Bool: { test: equalIgnoringCase },
  BinaryEquals: { test: equal },
  IpAddress: { test: isWithin },
  NotIpAddress: { test: isWithin, isNegated: true },
  ArnEquals: { test: arnLike },
  ArnNotEquals: { test: arnLike, isNegated: true },
  ArnLike: { test: arnLike },
  ArnNotLike: { test: arnLike, isNegated: true },
};

const operatorForm = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Whether AWS has an operator of this name. */
export function isKnownOperator(name: string): boolean {
  const [, set, base = "", ifExists] = operatorForm.exec(name) ?? [];
  return base === "Null" ? set === undefined && ifExists === undefined : Object.hasOwn(operators, base);
}

/** Returns whether a condition holds, or undefined when its operator does not exist. */
export function holds(
  { operator: name, values }: { readonly operator: string; readonly values: readonly string[] },
  found: readonly string[],
  variables: Context | undefined,
): boolean | undefined {
  if (name === "Null") return values.some((value) => (value.toLowerCase() === "true") === (found.length === 0));
  const [, set, base = "", ifExists] = operatorForm.exec(name) ?? [];
  if (!Object.hasOwn(operators, base)) return undefined;
  const operator = operators[base];
  if (operator === undefined) return undefined;
  const { test, isNegated = false } = operator;
  const holdsFor = (value: string) => values.some((wanted) => test(value, wanted, variables)) !== isNegated;
  if (set === "ForAllValues") return found.every(holdsFor);
  if (set === "ForAnyValue") return found.some(holdsFor);
  if (found.length === 0) return ifExists !== undefined || isNegated;
  return isNegated ? found.every(holdsFor) : found.some(holdsFor);
}

/** ISO 8601, or seconds since the epoch. */
function time(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isWithin(found: string, wanted: string): boolean {
  const [network = "", bits] = wanted.split("/");
  const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
  const [version, prefix] = [isIP(network), bits === undefined ? undefined : Number(bits)];
  const most = version === 6 ? 128 : 32;
  if (version === 0 || isIP(found) === 0 || !((prefix ?? most) >= 0 && (prefix ?? most) <= most)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix ?? most, family(network));
  return list.check(found, family(found));
}

/** Compares ARNs part by part: a wildcard does not match across colons. */
function arnLike(found: string, wanted: string, variables: Context | undefined): boolean {
  const parts = (arn: string) => {
    const all = arn.split(":");
    return [...all.slice(0, 5), all.slice(5).join(":")];
  };
  // A variable may hold colons of its own.
  const [wantedParts, foundParts] = [
    parts(wanted.replaceAll(/\$\{[^{}]*\}/g, (name) => name.replaceAll(":", "\u0000"))),
    parts(found),
  ];
  return wantedParts.every((part, index) =>
    matches(part.replaceAll("\u0000", ":"), foundParts[index] ?? "", variables),
  );
}
