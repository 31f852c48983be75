import type { Access } from "@sluice/aws-protocol";
import { arnOf, readName } from "./names.ts";

/** What a request to Lambda is about: the function, version or alias that it names. */
export function accessesOf(
  place: { readonly region: string; readonly accountId: string },
  operation: string,
  input: Readonly<Record<string, unknown>>,
): readonly Access[] {
  const text = (member: string) => (typeof input[member] === "string" ? input[member] : undefined);
  const named = text("FunctionName") ?? text("Resource");
  if (named === undefined) return [{}];
  const { name, qualifier } = readName(named, text("Qualifier"));
  const action = operation === "Invoke" ? { action: "lambda:InvokeFunction" } : {};
  const role = text("Role");
  return [
    { ...action, resource: arnOf(place, name, qualifier) },
    // Who gives a function a role must be allowed to pass that role on.
    ...(role === undefined
      ? []
      : [{ action: "iam:PassRole", resource: role, context: { "iam:PassedToService": "lambda.amazonaws.com" } }]),
  ];
}
