import type { RequestListener } from "node:http";

/**
 * Answers `/healthz` (the process serves requests) and `/readyz` (it takes new work: what it must know it knows, and it is
 * not about to end), for load balancers and service managers. Neither says anything else, because anybody may ask. Passes
 * other requests on to `next`.
 */
export function withHealth(next: RequestListener | undefined, isReady: () => boolean): RequestListener {
  return (request, response) => {
    const path = request.url?.split("?", 1)[0];
    if (path !== "/healthz" && path !== "/readyz")
      return next === undefined ? void response.writeHead(404).end() : next(request, response);
    const isRead = request.method === "GET" || request.method === "HEAD";
    const isWell = path === "/healthz" || isReady();
    response.writeHead(isRead ? (isWell ? 200 : 503) : 405, {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(isRead ? {} : { allow: "GET, HEAD" }),
    });
    response.end(isRead ? (isWell ? "ok\n" : "not ready\n") : "Health is read with GET\n");
  };
}
