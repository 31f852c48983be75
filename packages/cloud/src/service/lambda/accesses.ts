import type { Access, Call } from "@sluice/aws-protocol";
import type { LambdaContext } from "./context.ts";
import { arnOf, latest, readName } from "./names.ts";
import { mayDo } from "./resource-policy.ts";

/** What a request to Lambda is about: the function, version or alias that it names. */
export function accessesOf(
  context: LambdaContext,
  { operation, input, call }: { operation: string; input: Readonly<Record<string, unknown>>; call: Call },
): readonly Access[] {
  const text = (member: string) => (typeof input[member] === "string" ? input[member] : undefined);
  const named = text("FunctionName") ?? text("Resource");
  if (named === undefined) return [{}];
  const { name, qualifier } = readName(named, text("Qualifier"));
  const resource = arnOf(context, name, qualifier);
  if (operation === "Invoke") {
    const isOpen = mayDo(context, { name, qualifier: qualifier ?? latest }, { call, name: "lambda:InvokeFunction" });
    return [{ action: "lambda:InvokeFunction", resource, isOpen }];
  }
  const role = text("Role");
  return [
    { resource },
    // Who gives a function a role must be allowed to pass that role on.
    ...(role === undefined
      ? []
      : [{ action: "iam:PassRole", resource: role, context: { "iam:PassedToService": "lambda.amazonaws.com" } }]),
  ];
}
