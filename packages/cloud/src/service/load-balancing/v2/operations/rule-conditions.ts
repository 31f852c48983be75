import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { isIP } from "node:net";

/** AWS's own limits, of one rule. */
const valuesMax = 5;
const wildcardsMax = 6;
const lengthMax = 128;

/** Checks the conditions of a rule, and returns them as AWS describes them. */
export function checkedConditions(conditions: readonly RuleCondition[]): readonly RuleCondition[] {
  if (conditions.length === 0) throw new Fault("ValidationError", "A condition must be specified");
  const checked = conditions.map(checkedCondition);
  const values = checked.flatMap(textsOf);
  if (values.length > valuesMax)
    throw new Fault(
      "ValidationError",
      `A rule has at most ${valuesMax} condition values, and this one has ${values.length}`,
    );
  if (values.join("").replaceAll(/[^*?]/g, "").length > wildcardsMax)
    throw new Fault("ValidationError", `A rule has at most ${wildcardsMax} wildcards`);
  const odd = values.find((value) => value.length > lengthMax || !/^[ -~]+$/.test(value));
  if (odd !== undefined)
    throw new Fault("ValidationError", `The condition value '${odd}' must have 1 to ${lengthMax} printable characters`);
  return checked;
}

function checkedCondition(condition: RuleCondition): RuleCondition {
  const { Field, Values = [] } = condition;
  switch (Field) {
    case "path-pattern": {
      const values = some(Field, condition.PathPatternConfig?.Values ?? Values);
      return { Field, Values: values, PathPatternConfig: { Values: values } };
    }
    case "host-header": {
      const values = some(Field, condition.HostHeaderConfig?.Values ?? Values);
      return { Field, Values: values, HostHeaderConfig: { Values: values } };
    }
    case "http-request-method": {
      const values = some(Field, condition.HttpRequestMethodConfig?.Values ?? []);
      return { Field, HttpRequestMethodConfig: { Values: values } };
    }
    case "source-ip": {
      const values = some(Field, condition.SourceIpConfig?.Values ?? []);
      const odd = values.find((value) => !isCidr(value));
      if (odd !== undefined) throw new Fault("ValidationError", `The source IP '${odd}' is no CIDR block`);
      return { Field, SourceIpConfig: { Values: values } };
    }
    case "http-header": {
      const { HttpHeaderName = "", Values: values = [] } = condition.HttpHeaderConfig ?? {};
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/.test(HttpHeaderName))
        throw new Fault("ValidationError", `The header name '${HttpHeaderName}' is not valid`);
      return { Field, HttpHeaderConfig: { HttpHeaderName, Values: some(Field, values) } };
    }
    case "query-string":
      return { Field, QueryStringConfig: { Values: some(Field, condition.QueryStringConfig?.Values ?? []) } };
    default:
      throw new Fault("ValidationError", `Condition field '${Field ?? ""}' is not recognized`);
  }
}

function some<Value>(field: string, values: readonly Value[]): Value[] {
  if (values.length > 0) return [...values];
  throw new Fault("ValidationError", `The condition '${field}' has no values`);
}

function isCidr(value: string): boolean {
  const [address = "", bits = "", ...more] = value.split("/");
  const bitsMax = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax;
}

function textsOf(condition: RuleCondition): readonly string[] {
  if (condition.Values !== undefined) return condition.Values;
  const pairs = condition.QueryStringConfig?.Values ?? [];
  return [
    ...(condition.HttpRequestMethodConfig?.Values ?? []),
    ...(condition.SourceIpConfig?.Values ?? []),
    ...(condition.HttpHeaderConfig?.Values ?? []),
    ...pairs.flatMap(({ Key, Value = "" }) => (Key === undefined ? [Value] : [`${Key}${Value}`])),
  ];
}
