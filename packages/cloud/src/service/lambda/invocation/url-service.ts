import { withoutUndefined } from "../../../without-undefined.ts";
import { createReadStream, existsSync } from "node:fs";
import type { Cors } from "@aws-sdk/client-lambda";
import { anonymous, Fault, type Service, type ServiceRequest, type ServiceResponse } from "@sluice/aws-protocol";
import type { LambdaContext } from "../context.ts";
import { codeHost, recordOf, type UrlRow } from "../operations/function-urls.ts";
import { callFunction } from "./call-function.ts";
import { eventBytesMax } from "../operations/invocations.ts";
import { latest } from "../names.ts";
import { mayDo } from "../resource-policy.ts";
import { responseOfFunction, eventOfRequest } from "./url-event.ts";

/** Function URLs: whatever a browser or curl sends to their hosts becomes an event of a function. */
export function urlService(context: LambdaContext, onDefect: (error: unknown, requestId: string) => void): Service {
  const pattern = new RegExp(`^([a-z0-9]+)\\.lambda-url\\.${context.region}\\.(?:localhost|on\\.aws)(?::\\d+)?$`);
  const idOf = (host: string | undefined) => pattern.exec(host?.toLowerCase() ?? "")?.[1];
  return {
    name: "lambda-url",
    signingNames: [],
    targetPrefixes: [],
    protocol: "rest-json",
    bodyBytesMax: eventBytesMax.synchronous,
    servesHost: (host) => idOf(host) !== undefined,
    hostScope: "lambda",
    async serve(request) {
      const id = idOf(request.headers.host) ?? "";
      try {
        return { ...(await serve(context, id, request)), operation: "InvokeFunctionUrl" };
      } catch (error) {
        if (!(error instanceof Fault)) onDefect(error, request.call.requestId);
        return { ...refuse(error), operation: "InvokeFunctionUrl" };
      }
    },
    refuse,
  };
}

async function serve(context: LambdaContext, id: string, request: ServiceRequest): Promise<ServiceResponse> {
  if (id === codeHost) return download(context, request);
  const row = context.db.get<UrlRow>("SELECT * FROM function_urls WHERE id = ?", id);
  if (row === undefined) return message(404, "There is no function URL with this id");
  const record = recordOf(row);
  const cors = corsHeaders(record.cors, request);
  if (request.method === "OPTIONS" && record.cors !== undefined && "access-control-request-method" in request.headers)
    return { status: 200, headers: cors };
  // Unlike AWS: a URL with AuthType NONE needs no resource-based grant, as its creator has made it public.
  if (record.authType === "AWS_IAM" && !mayInvoke(context, row, request)) return message(403, forbidden);
  const body = await request.body.bytes(eventBytesMax.synchronous);
  const event = eventOfRequest(request, body, { ...context, id });
  const { outcome, version } = await callFunction(context, {
    name: row.function,
    qualifier: row.qualifier === latest ? undefined : row.qualifier,
    payload: Buffer.from(JSON.stringify(event)),
    requestId: request.call.requestId,
  });
  const answer = outcome.failed ? message(502, "Internal Server Error") : responseOfFunction(outcome.payload);
  return {
    ...answer,
    headers: withoutUndefined({
      "x-amzn-RequestId": request.call.requestId,
      "x-amz-executed-version": version,
      ...cors,
      ...answer.headers,
      "x-amzn-ErrorType": outcome.failed ? "InternalServerErrorException" : undefined,
    }),
  };
}

const forbidden =
  "Forbidden: this function URL has the AuthType AWS_IAM. Sign for the service lambda, with a key that its own policies or the function's allow lambda:InvokeFunctionUrl";

function mayInvoke(context: LambdaContext, row: UrlRow, { call }: ServiceRequest): boolean {
  if (call.principal.arn === anonymous.arn) return false;
  const more = { "lambda:FunctionUrlAuthType": "AWS_IAM" };
  const place = { name: row.function, qualifier: row.qualifier };
  return mayDo(context, place, { call, name: "lambda:InvokeFunctionUrl", more });
}

/** Serves the archive of a function's code to the holder of a link. */
function download({ code, links }: LambdaContext, request: ServiceRequest): ServiceResponse {
  const found = links.codeOf(request);
  if (found === undefined)
    return message(403, "This link to a function's code is not good, or no longer: GetFunction gives another");
  const archive = code.archiveOf(found);
  if (!existsSync(archive)) return message(404, "The function has other code by now");
  return { status: 200, headers: { "content-type": "application/zip" }, body: createReadStream(archive) };
}

function refuse(error: unknown): ServiceResponse {
  if (!(error instanceof Fault)) return message(500, "Internal Server Error");
  return { ...message(error.status ?? 400, error.message), fault: error.code };
}

const message = (status: number, text: string): ServiceResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ Message: text }),
});

function corsHeaders(cors: Cors | undefined, { headers }: ServiceRequest): Readonly<Record<string, string>> {
  const { origin } = headers;
  const { AllowOrigins = [], AllowMethods = [], AllowHeaders = [], ExposeHeaders = [] } = cors ?? {};
  if (origin === undefined || !(AllowOrigins.includes("*") || AllowOrigins.includes(origin))) return {};
  const list = (words: readonly string[]) => (words.length === 0 ? undefined : words.join(","));
  return withoutUndefined({
    "access-control-allow-origin": AllowOrigins.includes("*") && cors?.AllowCredentials !== true ? "*" : origin,
    vary: "Origin",
    "access-control-allow-methods": list(AllowMethods),
    "access-control-allow-headers": list(AllowHeaders),
    "access-control-expose-headers": list(ExposeHeaders),
    "access-control-allow-credentials": cors?.AllowCredentials === true ? "true" : undefined,
    "access-control-max-age": cors?.MaxAge === undefined ? undefined : String(cors.MaxAge),
  });
}
