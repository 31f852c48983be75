import {
  type Access,
  type AccessOf,
  type Call,
  onAnyResource,
  requestTags,
  resourceTags,
  accessesFromTable,
} from "@sluice/aws-protocol";
import type { LambdaContext } from "./context.ts";
import { functionTags, sameAs } from "./store/function-rows.ts";
import { arnOf, latest, readName } from "./names.ts";
import { mayDo } from "./resource-policy.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to Lambda touches (Lambda's service authorization reference): the function, version or alias that it names, however it spells it. */
export function lambdaAccesses(context: LambdaContext): AccessOf {
  const rows = (operations: readonly string[], row: (input: Input, call: Call) => readonly Access[]) =>
    Object.fromEntries(operations.map((operation) => [operation, row]));
  return accessesFromTable({
    ...onAnyResource(["ListFunctions", "GetAccountSettings"]),
    ...rows(ofFunctions, (input) => [whole(context, input)]),
    ...rows(ofTags, ({ Resource, ...input }) => [whole(context, { ...input, FunctionName: Resource })]),
    ...rows(ofQualified, (input) => [qualified(context, input)]),
    ...rows(ofAliases, (input) => [alias(context, input)]),
    CreateFunction: (input) => [
      whole(context, input),
      ...roleIn(input),
      ...codeIn((input["Code"] ?? {}) as Input), // decoded by Lambda's own table
      ...createTags(context, input),
    ],
    UpdateFunctionConfiguration: (input) => [whole(context, input), ...roleIn(input)],
    UpdateFunctionCode: (input) => [whole(context, input), ...codeIn(input)],
    Invoke: (input, call) => [invoked(context, input, call)],
  });
}

/** Operations on a function as a whole: a qualifier in its name is not looked at. */
const ofFunctions = [
  "PublishVersion",
  "ListVersionsByFunction",
  "ListAliases",
  "ListFunctionUrlConfigs",
  "ListProvisionedConcurrencyConfigs",
  "PutFunctionConcurrency",
  "GetFunctionConcurrency",
  "DeleteFunctionConcurrency",
];

const ofTags = ["ListTags", "TagResource", "UntagResource"];

/** Operations on a function, or on the version or alias that is named with it. */
const ofQualified = [
  "GetFunction",
  "GetFunctionConfiguration",
  "DeleteFunction",
  "CreateFunctionUrlConfig",
  "GetFunctionUrlConfig",
  "UpdateFunctionUrlConfig",
  "DeleteFunctionUrlConfig",
  "AddPermission",
  "RemovePermission",
  "GetPolicy",
  "PutProvisionedConcurrencyConfig",
  "GetProvisionedConcurrencyConfig",
  "DeleteProvisionedConcurrencyConfig",
  "PutFunctionEventInvokeConfig",
  "GetFunctionEventInvokeConfig",
  "UpdateFunctionEventInvokeConfig",
  "DeleteFunctionEventInvokeConfig",
];

const ofAliases = ["CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias"];

function whole(context: LambdaContext, input: Input): Access {
  return access(context, input, { name: readName(text(input["FunctionName"])).name, qualifier: undefined });
}

function qualified(context: LambdaContext, input: Input): Access {
  return access(context, input, readName(text(input["FunctionName"]), text(input["Qualifier"])));
}

/** AWS has operations on aliases on their function. Unlike AWS: a Deny on the alias itself counts. */
function alias(context: LambdaContext, input: Input): Access {
  const { name } = readName(text(input["FunctionName"]));
  const found = whole(context, input);
  return { ...found, also: [...(found.also ?? []), arnOf(context, name, text(input["Name"]) ?? "*")] };
}

function access(
  context: LambdaContext,
  input: Input,
  { name, qualifier }: { readonly name: string; readonly qualifier: string | undefined },
): Access {
  const tags = (input["Tags"] ?? {}) as Readonly<Record<string, string>>; // decoded by Lambda's own table
  const keys = [input["TagKeys"] ?? []].flat().filter((key): key is string => typeof key === "string");
  return {
    resource: arnOf(context, name, qualifier),
    also: sameAs(context, name, qualifier),
    context: {
      ...resourceTags(functionTags(context, name)),
      ...requestTags(tags, keys),
      "lambda:FunctionUrlAuthType": text(input["AuthType"]) ?? text(input["FunctionUrlAuthType"]),
      "lambda:Principal": text(input["Principal"]),
    },
  };
}

/** A function's own policy may allow it to be called, whatever the caller's policies say; what they deny stays denied. */
function invoked(context: LambdaContext, input: Input, call: Call): Access {
  const { name, qualifier = latest } = readName(text(input["FunctionName"]), text(input["Qualifier"]));
  const isOpen = mayDo(context, { name, qualifier }, { call, name: "lambda:InvokeFunction" });
  return { ...qualified(context, input), action: "lambda:InvokeFunction", isOpen };
}

/** A caller that gives a function a role must be allowed to pass it. */
function roleIn({ Role }: Input): readonly Access[] {
  const resource = text(Role);
  const context = { "iam:PassedToService": "lambda.amazonaws.com" };
  return resource === undefined ? [] : [{ action: "iam:PassRole", resource, context }];
}

/** Code that lies in a bucket is read as the caller. */
function codeIn({ S3Bucket, S3Key, S3ObjectVersion }: Input): readonly Access[] {
  if (text(S3Bucket) === undefined) return [];
  const action = S3ObjectVersion === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  return [{ action, resource: `arn:aws:s3:::${text(S3Bucket)}/${text(S3Key) ?? "*"}` }];
}

/** Tags that are put on as a function is made need TagResource as well: a Deny of it counts. */
function createTags(context: LambdaContext, input: Input): readonly Access[] {
  if (input["Tags"] === undefined) return [];
  return [{ ...whole(context, input), action: "lambda:TagResource", isOpen: true }];
}

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
