import type { IncomingMessage } from "node:http";
import { ConsoleProblem } from "./problem.ts";
import { type Transport, type TransportOptions, transportOf, whyNotShown } from "./transport.ts";

/**
 * Lets a request to the console's endpoints in, or throws. It must come from this server's own page, or from no browser
 * at all, and not over plain HTTP from the network. Whether its Host is this server's, the front door has asked already.
 */
export function admit(request: IncomingMessage, options: TransportOptions): Transport {
  const why = whyNotShown(request, options);
  if (why !== undefined) throw new ConsoleProblem(403, "PlainHttpFromNetwork", why);
  const transport = transportOf(request, options);
  const { "sec-fetch-site": site, origin } = request.headers;
  if (site !== undefined && site !== "same-origin") throw foreign("Sec-Fetch-Site", site);
  if (origin !== undefined && origin.toLowerCase() !== transport.origin) throw foreign("Origin", origin);
  return transport;
}

const foreign = (header: string, value: string): ConsoleProblem =>
  new ConsoleProblem(
    403,
    "ForeignPage",
    `The header ${header} is ${JSON.stringify(value.slice(0, 100))}: this endpoint is for the console's own page alone`,
  );

/** Throws unless a request says that its body is JSON: a form of another page cannot say so. */
export function requireJson(request: IncomingMessage): void {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new ConsoleProblem(415, "UnsupportedMediaType", "The body must be JSON: content-type: application/json");
}
