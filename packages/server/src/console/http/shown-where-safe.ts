import type { RequestListener } from "node:http";
import { type TransportOptions, whyNotShown } from "./transport.ts";

/** Serves pages where nobody on the way can read or change them, and says elsewhere how to reach them. */
export function shownWhereSafe(pages: RequestListener, options: TransportOptions): RequestListener {
  return (request, response) => {
    const why = whyNotShown(request, options);
    if (why === undefined) return pages(request, response);
    response.writeHead(403, {
      "content-type": "text/plain; charset=utf-8",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    response.end(`${why}\n`);
  };
}
