import { Fault } from "@sluice/aws-protocol";

/** A function, and one of its versions or aliases, as a request names them. */
interface FunctionName {
  readonly name: string;
  /** A version, an alias, or undefined for the unpublished state. */
  readonly qualifier: string | undefined;
}

/** The version that is not published yet. */
export const latest = "$LATEST";

const plainName = /^[A-Za-z0-9-_]{1,64}$/;
const qualifierPattern = /^(\$LATEST|[A-Za-z0-9-_]{1,128})$/;

/** Reads a name, a partial ARN or an ARN, with or without a qualifier, which the parameter `Qualifier` may give instead. */
export function readName(text: string | undefined, qualifier?: string): FunctionName {
  const [, name = "", inName] =
    /^(?:(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?\d{12}:function:|function:)?([^:]+)(?::([^:]+))?$/.exec(text ?? "") ??
    [];
  if (!plainName.test(name)) throw invalid("functionName", text ?? "", plainName);
  for (const one of [inName, qualifier])
    if (one !== undefined && !qualifierPattern.test(one)) throw invalid("qualifier", one, qualifierPattern);
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier)
    throw new Fault(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { name, qualifier: qualifier ?? inName };
}

/** Whether a qualifier is a version's: numbers and $LATEST are, everything else names an alias. */
export const isVersion = (qualifier: string): boolean => qualifier === latest || /^\d+$/.test(qualifier);

/** Returns a function's ARN, with a qualifier where one is given. */
export function arnOf(
  { region, accountId }: { readonly region: string; readonly accountId: string },
  name: string,
  qualifier?: string,
): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
}

/** Returns AWS's fault for a value that does not match its pattern. */
export function invalid(member: string, value: string, pattern: RegExp): Fault {
  return new Fault(
    "ValidationException",
    `1 validation error detected: Value '${value.slice(0, 200)}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
  );
}

/** Returns AWS's fault for a value that Lambda cannot use. */
export const badValue = (message: string): Fault => new Fault("InvalidParameterValueException", message);
