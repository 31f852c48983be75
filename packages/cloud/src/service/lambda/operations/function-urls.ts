import { createHash } from "node:crypto";
import type { Cors, FunctionUrlAuthType, FunctionUrlConfig, InvokeMode } from "@aws-sdk/client-lambda";
import { type Call, Fault } from "@sluice/aws-protocol";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import { aliasOf, functionOf } from "../store/function-rows.ts";
import { arnOf, badValue, isVersion, latest, readName } from "../names.ts";
import { pageOf } from "./pagination.ts";

/** The URL of a function, or of an alias. */
export interface UrlRow {
  readonly id: string;
  readonly function: string;
  readonly qualifier: string;
  /** JSON of UrlRecord. */
  readonly record: string;
}

/** The configuration of a URL. */
interface UrlRecord {
  readonly authType: FunctionUrlAuthType;
  readonly invokeMode: InvokeMode;
  readonly cors?: Cors | undefined;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** Operations on function URLs. */
export const urlOperations: LambdaOperations = {
  CreateFunctionUrlConfig(context, input) {
    const { name, qualifier } = placeOf(context, input);
    const now = context.clock();
    const record: UrlRecord = {
      authType: authTypeOf(input.AuthType),
      invokeMode: invokeModeOf(input.InvokeMode),
      cors: input.Cors,
      createdAt: now,
      modifiedAt: now,
    };
    const id = idOf(context, name, qualifier);
    const added = context.db.run(
      "INSERT INTO function_urls VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      id,
      name,
      qualifier,
      JSON.stringify(record),
    );
    if (added === 0)
      throw new Fault(
        "ResourceConflictException",
        `Failed to create function url config for [functionArn = ${arnOf(context, name, qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
      );
    return describe(context, { id, function: name, qualifier, record: JSON.stringify(record) });
  },

  GetFunctionUrlConfig: (context, input) => describe(context, urlOf(context, input)),

  UpdateFunctionUrlConfig(context, input) {
    const row = urlOf(context, input);
    const before = recordOf(row);
    const record: UrlRecord = {
      ...before,
      authType: input.AuthType === undefined ? before.authType : authTypeOf(input.AuthType),
      invokeMode: input.InvokeMode === undefined ? before.invokeMode : invokeModeOf(input.InvokeMode),
      cors: input.Cors ?? before.cors,
      modifiedAt: context.clock(),
    };
    context.db.run("UPDATE function_urls SET record = ? WHERE id = ?", JSON.stringify(record), row.id);
    return describe(context, { ...row, record: JSON.stringify(record) });
  },

  DeleteFunctionUrlConfig(context, input) {
    context.db.run("DELETE FROM function_urls WHERE id = ?", urlOf(context, input).id);
  },

  ListFunctionUrlConfigs(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const rows = context.db.all<UrlRow>("SELECT * FROM function_urls WHERE function = ? ORDER BY qualifier", name);
    const { items, next } = pageOf(rows, input, ({ id }) => id);
    return { FunctionUrlConfigs: items.map((row) => describe(context, row)), ...next };
  },
};

/** Returns the configuration in the row of a URL. */
export const recordOf = ({ record }: UrlRow): UrlRecord => JSON.parse(record) as UrlRecord; // written by the operations above

/** In place of an id: the host name at which code is downloaded. */
export const codeHost = "code";

/** Returns the host name of a URL, without a port. */
export const hostOf = (id: string, region: string): string => `${id}.lambda-url.${region}.localhost`;

/** Returns the scheme of such a host: that by which the caller reached the same port. Instances speak TLS at another port, whatever this one does. */
export function schemeOf({
  call,
  port,
}: Pick<LambdaContext, "port"> & { readonly call: Pick<Call, "endpoint"> }): string {
  const isSamePort = call.endpoint.endsWith(`:${port()}`);
  return isSamePort && call.endpoint.startsWith("https:") ? "https" : "http";
}

interface Input {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
}

function placeOf(context: LambdaContext, { FunctionName, Qualifier }: Input): { name: string; qualifier: string } {
  const { name, qualifier = latest } = readName(FunctionName, Qualifier);
  functionOf(context, name);
  if (qualifier !== latest && isVersion(qualifier))
    throw badValue(`A function URL belongs to a function or to an alias, and "${qualifier}" is a version`);
  if (qualifier !== latest) aliasOf(context, name, qualifier);
  return { name, qualifier };
}

function urlOf(context: LambdaContext, input: Input): UrlRow {
  const { name, qualifier } = placeOf(context, input);
  const row = context.db.get<UrlRow>(
    "SELECT * FROM function_urls WHERE function = ? AND qualifier = ?",
    name,
    qualifier,
  );
  if (row === undefined) throw new Fault("ResourceNotFoundException", "The resource you requested does not exist.");
  return row;
}

/** Returns an id that is always the same for a function and alias, and reveals neither. */
function idOf({ accountId, region }: LambdaContext, name: string, qualifier: string): string {
  const digest = createHash("sha256").update([accountId, region, name, qualifier].join("\n")).digest("hex");
  return BigInt(`0x${digest}`).toString(36).padStart(32, "0").slice(0, 32);
}

function authTypeOf(text: string | undefined): FunctionUrlAuthType {
  if (text === "NONE" || text === "AWS_IAM") return text;
  throw badValue(`AuthType is "${text}", and must be NONE or AWS_IAM`);
}

function invokeModeOf(text: string | undefined): InvokeMode {
  if (text === undefined || text === "BUFFERED") return "BUFFERED";
  throw badValue(`InvokeMode is "${text}", and this cloud serves BUFFERED alone`);
}

function describe(
  context: LambdaContext & { readonly call: Call },
  row: UrlRow,
): Required<Omit<FunctionUrlConfig, "Cors">> & { Cors?: Cors | undefined } {
  const { authType, invokeMode, cors, createdAt, modifiedAt } = recordOf(row);
  return {
    FunctionUrl: `${schemeOf(context)}://${hostOf(row.id, context.region)}:${context.port()}/`,
    FunctionArn: arnOf(context, row.function, row.qualifier === latest ? undefined : row.qualifier),
    AuthType: authType,
    InvokeMode: invokeMode,
    Cors: cors,
    CreationTime: new Date(createdAt).toISOString(),
    LastModifiedTime: new Date(modifiedAt).toISOString(),
  };
}
