import type { RequestListener } from "node:http";
import { isIP } from "node:net";
import { createServer } from "@sluice/aws-protocol/node-http";
import { closeListener, listen } from "../listening.ts";
import type { Readings } from "./measurements.ts";
import type { Metrics } from "./open-metrics.ts";

/** Where metrics are served: an address of this machine and a port; 0 takes any free one. */
export interface MetricsAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A listener for metrics. */
export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Whether a request names this machine. On loopback, a page whose name leads here could otherwise have a browser read
 * metrics; elsewhere, who may reach the port is decided by a firewall, and names are the operator's.
 */
function isOwnName(host = "", hostname: string): boolean {
  const isLoopback = hostname === "::1" || hostname.startsWith("127.");
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return !isLoopback || name === "localhost" || isIP(name) !== 0;
}

/** How many connections a scraper may have: few, so that whoever reaches the port takes nothing from the services. */
const connectionsMax = 32;

/**
 * Serves `/metrics` on a port of its own: whom it concerns is decided by who reaches that port, so it is loopback's unless
 * somebody says otherwise. Throws one clear sentence when it cannot listen.
 */
export async function serveMetrics(
  { hostname, port }: MetricsAddress,
  metrics: Metrics,
  { readings, onDefect }: { readonly readings: Readings; readonly onDefect: (error: unknown, about: string) => void },
): Promise<MetricsListener> {
  const refuse = (response: Parameters<RequestListener>[1], status: number, text: string) =>
    response
      .writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })
      .end(text);
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 75_000 },
    (request, response) => {
      if (!isOwnName(request.headers.host, hostname))
        return void refuse(response, 403, "Metrics are served under an IP address, or as localhost\n");
      const path = request.url?.split("?", 1)[0];
      if (path !== "/metrics") return void refuse(response, 404, "Metrics are at /metrics\n");
      if (request.method !== "GET" && request.method !== "HEAD")
        return void refuse(response, 405, "Metrics are read with GET\n");
      metrics.scrape(readings).then(
        (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
        (error: unknown) => {
          onDefect(error, "metrics");
          refuse(response, 500, "The metrics cannot be read; the log says why\n");
        },
      );
    },
  );
  server.maxConnections = connectionsMax;
  const listening = await listen(server, { hostname, port }, "--metrics");
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { url: `http://${host}:${listening}/metrics`, close: () => closeListener(server) };
}
