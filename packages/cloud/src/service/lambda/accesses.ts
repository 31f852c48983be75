import type * as Lambda from "@aws-sdk/client-lambda";
import type { Access, Call, InputOf } from "@sluice/aws-protocol";
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
    ...codeAccesses(operation, input),
  ];
}

/** Who has a function's code fetched from S3 must be allowed to read it: the function could tell it all. */
function codeAccesses(operation: string, input: Readonly<Record<string, unknown>>): readonly Access[] {
  const found = operation === "CreateFunction" ? input["Code"] : operation === "UpdateFunctionCode" ? input : undefined;
  const { S3Bucket, S3Key, S3ObjectVersion } = (found ?? {}) as InputOf<typeof Lambda, "UpdateFunctionCode">; // decoded by Lambda's own table
  if (S3Bucket === undefined || S3Key === undefined) return [];
  const action = S3ObjectVersion === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  return [{ action, resource: `arn:aws:s3:::${S3Bucket}/${S3Key}` }];
}
