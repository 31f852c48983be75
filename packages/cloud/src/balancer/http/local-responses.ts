import { STATUS_CODES } from "@sluice/aws-protocol/node-http";
import type { Action } from "../control/configuration.ts";
import { dateNow } from "./forwarded-headers.ts";
import type { ErrorStatus } from "./message-head.ts";
import type { RequestHead } from "./request-head.ts";

/** Where AWS's reason phrases are not the standard's. */
const titles: Partial<Record<ErrorStatus, string>> = {
  408: "Request Time-out",
  414: "Request-URI Too Large",
  405: "Not Allowed",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
  505: "HTTP Version Not Supported",
};

/** Writes a whole response: a head with all lines but those about the connection, and a body. */
interface Responder {
  respond(head: string, body: string): void;
}

/** Returns the page with which an AWS load balancer itself responds to an error, and its head. */
export function errorResponse(status: ErrorStatus): { readonly head: string; readonly body: string } {
  const title = `${status} ${titles[status] ?? STATUS_CODES[status]}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { head: ownHead(title, { "Content-Type": "text/html", "Content-Length": body.length }), body };
}

/** Responds with one of these pages. */
export function respondWithError(client: Responder, status: ErrorStatus): void {
  const { head, body } = errorResponse(status);
  client.respond(head, body);
}

/** Responds as a `fixed-response` action says. */
export function respondWithFixed(
  client: Responder,
  { status, contentType, body }: Extract<Action, { type: "fixed-response" }>,
): void {
  const type = body === "" ? {} : { "Content-Type": contentType };
  const length = status === 204 ? {} : { "Content-Length": Buffer.byteLength(body) };
  client.respond(
    ownHead(`${status} ${STATUS_CODES[status] ?? ""}`, { ...type, ...length }),
    status === 204 ? "" : body,
  );
}

/** Responds as a `redirect` action says; its placeholders, such as `#{path}`, are filled from the request. */
export function redirect(
  client: Responder,
  request: RequestHead,
  to: {
    readonly action: Extract<Action, { type: "redirect" }>;
    readonly port: number;
    readonly protocol: "http" | "https";
  },
): void {
  const { action, port, protocol: ownProtocol } = to;
  const [, path = "/", , query = ""] = /^([^?]*)(\?(.*))?$/s.exec(request.target) ?? [];
  const own = {
    protocol: ownProtocol,
    host: request.host.replace(/:\d*$/, ""),
    port: String(port),
    path: path.slice(1),
    query,
  };
  const fill = (text: string) =>
    text.replaceAll(/#\{(protocol|host|port|path|query)\}/g, (_, name: keyof typeof own) => own[name]);
  const protocol = fill(action.protocol).toLowerCase();
  const search = fill(action.query);
  const location = `${protocol}://${fill(action.host)}:${fill(action.port)}${fill(action.path)}${search === "" ? "" : `?${search}`}`;
  client.respond(
    ownHead(`${action.status} ${STATUS_CODES[action.status]}`, { "Content-Length": 0, Location: location }),
    "",
  );
}

function ownHead(status: string, fields: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\nServer: awselb/2.0\r\nDate: ${dateNow()}\r\n${lines.join("")}`;
}
