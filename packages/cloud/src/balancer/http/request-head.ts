import { type Field, isToken } from "@sluice/aws-protocol/http-head";
import { BadMessage, messageFraming, keepsConnection, lineBytesMax, headersOf } from "./message-head.ts";

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Whether the client speaks HTTP/1.0. */
  readonly isOld: boolean;
  readonly fields: readonly Field[];
  readonly host: string;
  /** All `Cookie` headers as one list. */
  readonly cookies: string | undefined;
  /** Of the body, in bytes. Undefined where the request has neither a length nor a coding. */
  readonly length: number | "chunked" | undefined;
  readonly options: ReadonlySet<string> | undefined;
  readonly keepsConnection: boolean;
  /** The protocol that the client asks to switch to. */
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
}

const requestLine = /^([^ ]+) ([!-~\x80-\xff]+) HTTP\/(\d\.\d)$/;

/** Methods that AWS's load balancers do not pass on. */
const refusedMethods = new Set(["CONNECT", "TRACE"]);

/** Parses a request's head, without the empty line that ends it. Throws BadMessage. */
export function parseRequestHead(text: string): RequestHead {
  const end = text.indexOf("\r\n");
  if (end > lineBytesMax) throw new BadMessage("The request line is too long", 414);
  const [, method = "", sent = "", version = ""] = requestLine.exec(text.slice(0, end)) ?? [];
  if (!isToken(method)) throw new BadMessage("The request line is not valid");
  if (version !== "1.1" && version !== "1.0") throw new BadMessage("The version of HTTP is not supported", 505);
  if (refusedMethods.has(method)) throw new BadMessage("The method is not passed on", 405);
  const isOld = version === "1.0";
  const { target, authority } = splitTarget(sent, method);
  const fields = headersOf(text, end + 2);
  const { length, options } = messageFraming(fields, isOld);
  let [host, cookies, upgrade]: [string?, string?, string?] = [];
  let expectsContinue = false;
  for (const { key, value } of fields) {
    if (key === "host") {
      if (host !== undefined) throw new BadMessage("There are two hosts");
      host = value;
    } else if (key === "cookie") cookies = cookies === undefined ? value : `${cookies}; ${value}`;
    else if (key === "upgrade") upgrade = value;
    else if (key === "expect") expectsContinue = !isOld && value.toLowerCase() === "100-continue";
  }
  if ((host === undefined && !isOld) || !/^[!-.0-~]*$/.test(host ?? "")) throw new BadMessage("There is no valid host");
  return {
    method,
    target,
    isOld,
    fields,
    host: authority ?? host ?? "",
    cookies,
    length,
    options,
    keepsConnection: keepsConnection(isOld, options),
    upgrade: isUpgrade({ isOld, length, options, upgrade }) ? upgrade : undefined,
    expectsContinue,
  };
}

/** A client may send an absolute URL in the request line: then the host in it counts. */
function splitTarget(sent: string, method: string): { readonly target: string; readonly authority?: string } {
  if (sent.startsWith("/") || (sent === "*" && method === "OPTIONS")) return { target: sent };
  const [, authority, target] = /^https?:\/\/([^/?#@]+)([/?].*)?$/i.exec(sent) ?? [];
  if (authority === undefined) throw new BadMessage("The request's target must be a path or a URL");
  return { authority, target: target === undefined || target.startsWith("?") ? `/${target ?? ""}` : target };
}

/** An upgrade to HTTP/2 is an offer that a server may ignore, and so is any upgrade of a request with a body. */
function isUpgrade({ isOld, length, options, upgrade }: Pick<RequestHead, "isOld" | "length" | "options" | "upgrade">) {
  return (
    upgrade !== undefined &&
    !isOld &&
    options?.has("upgrade") === true &&
    (length ?? 0) === 0 &&
    upgrade.toLowerCase() !== "h2c"
  );
}
