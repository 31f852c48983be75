import { withoutUndefined } from "../../../without-undefined.ts";
import { anonymous, type Principal, type ServiceRequest, type ServiceResponse } from "@sluice/aws-protocol";

/** What an event says of where it came in. */
interface Place {
  readonly id: string;
  readonly clock: () => number;
}

/** Returns an HTTP request as the event that a function URL makes of it (payload format 2.0). */
export function eventOfRequest(
  { method, path, query, headers, call }: ServiceRequest,
  body: Buffer,
  { id, clock }: Place,
): object {
  const domainName = (headers.host ?? "").split(":", 1)[0] ?? "";
  const now = clock();
  const isText = isTextual(headers["content-type"]);
  const { cookie, ...rest } = headers;
  const isSigned = call.principal.arn !== anonymous.arn;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: decodePath(path),
    rawQueryString: query.toString(),
    cookies: cookie?.split(/;\s*/),
    headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    ...(query.size === 0
      ? {}
      : {
          queryStringParameters: Object.fromEntries(
            [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(",")]),
          ),
        }),
    requestContext: {
      accountId: isSigned ? call.principal.accountId : "anonymous",
      apiId: id,
      authorizer: isSigned ? { iam: identityOf(call.principal) } : undefined,
      domainName,
      domainPrefix: id,
      http: {
        method,
        path: decodePath(path),
        protocol: "HTTP/1.1",
        sourceIp: call.sourceIp ?? "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: call.requestId,
      routeKey: "$default",
      stage: "$default",
      time: clfTime(now),
      timeEpoch: now,
    },
    body: body.length === 0 ? undefined : body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

const identityOf = ({ accountId, userId, arn }: Principal) => ({ accountId, callerId: userId, userArn: arn, userId });

/** Returns the HTTP response that a function's result stands for: its own status, headers and body, or all of it as JSON. */
export function responseOfFunction(payload: Buffer): ServiceResponse {
  const text = payload.toString("utf8");
  const value = parse(text);
  if (!isAnswer(value))
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: typeof value === "string" ? value : text,
    };
  const headers = Object.fromEntries(
    Object.entries(value.headers ?? {})
      .filter(([name]) => headerName.test(name) && !hopHeaders.has(name.toLowerCase()))
      .map(([name, one]) => [name.toLowerCase(), String(one).replaceAll(/[\r\n\0]/g, " ")]),
  );
  const cookies = (value.cookies ?? []).map((cookie) => String(cookie).replaceAll(/[\r\n\0]/g, " "));
  const body = typeof value.body === "string" ? value.body : value.body === undefined ? "" : JSON.stringify(value.body);
  return {
    status: value.statusCode,
    headers: withoutUndefined({
      "content-type": "application/json",
      ...headers,
      "set-cookie": cookies.length === 0 ? undefined : cookies,
    }),
    body: value.isBase64Encoded === true ? Buffer.from(body, "base64") : body,
  };
}

interface FunctionAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>> | null | undefined;
  readonly cookies?: readonly unknown[] | null | undefined;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
}

function isAnswer(value: unknown): value is FunctionAnswer {
  if (typeof value !== "object" || value === null || !("statusCode" in value)) return false;
  const { statusCode, cookies } = value as { statusCode: unknown; cookies?: unknown };
  return (
    typeof statusCode === "number" &&
    Number.isInteger(statusCode) &&
    statusCode >= 200 &&
    statusCode <= 599 &&
    (cookies === undefined || cookies === null || Array.isArray(cookies))
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a custom runtime may answer with anything
  }
}

const headerName = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;

/** Headers that belong to the connection, or are made from the body. */
const hopHeaders = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "trailer"]);

const isTextual = (type = "") =>
  type === "" || /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|.*\+(json|xml)))/i.test(type);

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // not percent-encoded text: the function gets what was sent
  }
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Returns a moment as web servers' logs write it. */
function clfTime(milliseconds: number): string {
  const [date = "", time = ""] = new Date(milliseconds).toISOString().slice(0, 19).split("T");
  const [year, month, day] = date.split("-");
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
}
