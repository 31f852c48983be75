import type { IncomingMessage, ServerResponse } from "node:http";
import type { Action } from "./configuration.ts";

const titles = {
  400: "400 Bad Request",
  502: "502 Bad Gateway",
  503: "503 Service Temporarily Unavailable",
  504: "504 Gateway Time-out",
} as const;

/** The page by which an AWS load balancer itself says that something is wrong. */
export function pageOf(status: keyof typeof titles): string {
  const title = titles[status];
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

/** Answers with one of these pages. An answer that has begun is broken off instead, so that nobody takes it for whole. */
export function answerTrouble(response: ServerResponse, status: keyof typeof titles): void {
  if (response.headersSent) return void response.destroy();
  answer(response, { status, contentType: "text/html", body: pageOf(status) });
}

/** Answers with a fixed text. */
export function answer(
  response: ServerResponse,
  { status, contentType, body }: { readonly status: number; readonly contentType: string; readonly body: string },
): void {
  response.writeHead(status, {
    server: "awselb/2.0",
    ...(body === "" ? {} : { "content-type": contentType }),
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Sends a client elsewhere. What the action leaves open is taken from the request. */
export function redirect(
  request: IncomingMessage,
  response: ServerResponse,
  { action, port }: { readonly action: Extract<Action, { type: "redirect" }>; readonly port: number },
): void {
  const [, path = "/", , query = ""] = /^([^?]*)(\?(.*))?$/s.exec(request.url ?? "/") ?? [];
  const own = {
    protocol: "http",
    host: (request.headers.host ?? "").replace(/:\d*$/, ""),
    port: String(port),
    path: path.slice(1),
    query,
  };
  const fill = (text: string) =>
    text.replaceAll(/#\{(protocol|host|port|path|query)\}/g, (_, name: keyof typeof own) => own[name]);
  const protocol = fill(action.protocol).toLowerCase();
  const search = fill(action.query);
  const location = `${protocol}://${fill(action.host)}:${fill(action.port)}${fill(action.path)}${search === "" ? "" : `?${search}`}`;
  response.writeHead(action.status, { server: "awselb/2.0", location, "content-length": 0 });
  response.end();
}
