import { withoutUndefined } from "../../../without-undefined.ts";
import { randomUUID } from "node:crypto";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { InputOf } from "@sluice/aws-protocol";
import type * as Lambda from "@aws-sdk/client-lambda";
import type { LambdaContext } from "../context.ts";
import { reservedVariables } from "../execution/function-environment.ts";
import type { VersionRecord } from "../store/function-rows.ts";
import { arnOf, badValue, invalid } from "../names.ts";
import type { StoredCode } from "../store/code-store.ts";

type Settings = Omit<InputOf<typeof Lambda, "UpdateFunctionConfiguration">, "FunctionName">;

/** Lambda's own limits. */
const limits = {
  timeoutSecondsMax: 900,
  memoryMegabytes: { min: 128, max: 10_240 },
  temporaryMegabytes: { min: 512, max: 10_240 },
  environmentBytesMax: 4096,
} as const;

/** The settings of a version: its record without its code. */
type VersionSettings = Omit<VersionRecord, "code" | "codeBytes" | "modifiedAt" | "revisionId">;

/** The settings of a function whose request leaves them out. */
export const defaults: VersionSettings = {
  runtime: "",
  handler: "",
  role: "",
  description: "",
  timeoutSeconds: 3,
  memoryMegabytes: 128,
  environment: {},
  architecture: "x86_64",
  ephemeralStorage: { Size: 512 },
  tracing: "PassThrough",
};

/** Returns a record with other settings; what an input leaves out stays. Throws a Fault for what is invalid. */
export function withSettings<Base extends VersionSettings>(base: Base, input: Settings, context: LambdaContext): Base {
  refuseUnserved(input);
  const changed = {
    ...base,
    ...withoutUndefined({
      runtime: input.Runtime,
      handler: input.Handler,
      role: input.Role,
      description: input.Description,
      timeoutSeconds: input.Timeout,
      memoryMegabytes: input.MemorySize,
      environment: input.Environment && (input.Environment.Variables ?? {}),
      ephemeralStorage: input.EphemeralStorage,
      tracing: input.TracingConfig?.Mode,
      deadLetter: input.DeadLetterConfig,
      logging: input.LoggingConfig,
    } satisfies { [Name in keyof VersionSettings]?: VersionSettings[Name] | undefined }),
  };
  checkSettings(changed);
  checkRuntime(changed.runtime, context);
  return changed;
}

/** Returns a changed record with a new time and revision. */
export function revised<Record extends object>(record: Record, { clock }: LambdaContext) {
  return { ...record, modifiedAt: clock(), revisionId: randomUUID() };
}

/** Returns a record with other code. */
export const withCode = <Record extends object>(record: Record, { code, codeBytes }: StoredCode) => ({
  ...record,
  code,
  codeBytes,
});

/** Returns a version as AWS describes it. It can be called as soon as it is stored, so it is active. */
export function describe(
  context: LambdaContext,
  { name, version, withVersion = true }: { name: string; version: string; withVersion?: boolean },
  record: VersionRecord,
): FunctionConfiguration {
  return {
    FunctionName: name,
    FunctionArn: arnOf(context, name, withVersion ? version : undefined),
    Runtime: record.runtime as Lambda.Runtime, // checked against this machine's runtimes; the SDK's list is of its day
    Role: record.role,
    Handler: record.handler,
    CodeSize: record.codeBytes,
    Description: record.description,
    Timeout: record.timeoutSeconds,
    MemorySize: record.memoryMegabytes,
    LastModified: new Date(record.modifiedAt).toISOString().replace("Z", "+0000"),
    CodeSha256: Buffer.from(record.code, "hex").toString("base64"),
    Version: version,
    Environment: Object.keys(record.environment).length === 0 ? undefined : { Variables: { ...record.environment } },
    DeadLetterConfig: record.deadLetter?.TargetArn ? record.deadLetter : undefined,
    TracingConfig: { Mode: record.tracing },
    RevisionId: record.revisionId,
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: [record.architecture],
    EphemeralStorage: record.ephemeralStorage,
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: "Text", LogGroup: record.logging?.LogGroup ?? `/aws/lambda/${name}` },
  };
}

/** Refuses what Lambda supports and this cloud does not, which is better than silently ignoring it. */
function refuseUnserved(input: Settings): void {
  const asked = {
    layers: (input.Layers ?? []).length > 0,
    "file systems": (input.FileSystemConfigs ?? []).length > 0,
    "a VPC": (input.VpcConfig?.SubnetIds ?? []).length > 0,
    "container images": Object.keys(input.ImageConfig ?? {}).length > 0,
    SnapStart: input.SnapStart?.ApplyOn === "PublishedVersions",
    "the JSON log format": input.LoggingConfig?.LogFormat === "JSON",
  };
  const found = Object.entries(asked).find(([, isAsked]) => isAsked);
  if (found !== undefined) throw badValue(`This cloud does not serve ${found[0]} for functions`);
}

function checkSettings(record: VersionSettings): void {
  const { handler, role, timeoutSeconds, memoryMegabytes, ephemeralStorage, environment } = record;
  if (!/^\S{1,128}$/.test(handler)) throw invalid("handler", handler, /^\S{1,128}$/);
  const rolePattern = /^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;
  if (!rolePattern.test(role)) throw invalid("role", role, rolePattern);
  checkRange("timeout", timeoutSeconds, { min: 1, max: limits.timeoutSecondsMax });
  checkRange("memorySize", memoryMegabytes, limits.memoryMegabytes);
  checkRange("ephemeralStorage.size", ephemeralStorage.Size ?? 0, limits.temporaryMegabytes);
  checkEnvironment(environment);
}

function checkRange(member: string, value: number, { min, max }: { min: number; max: number }): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw badValue(`'${member}' is ${value}, and must be a whole number from ${min} to ${max}`);
}

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const names = Object.keys(environment);
  const reserved = names.filter((name) => reservedVariables.includes(name));
  if (reserved.length > 0)
    throw badValue(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  const bad = names.find((name) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name));
  if (bad !== undefined) throw invalid("environment.variables", bad, /^[a-zA-Z][a-zA-Z0-9_]+$/);
  const withNull = names.find((name) => environment[name]?.includes("\0"));
  if (withNull !== undefined) throw badValue(`The environment variable "${withNull}" holds a null character`);
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  if (bytes > limits.environmentBytesMax)
    throw badValue(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${limits.environmentBytesMax / 1024}KB limit: they have ${bytes} bytes`,
    );
}

function checkRuntime(runtime: string, { runtimes }: LambdaContext): void {
  const found = runtimes.find(runtime);
  if (typeof found === "string") throw badValue(found);
}
