import type { IncomingMessage } from "node:http";
import { isLoopback } from "@sluice/aws-protocol";

/** How the console may be reached. */
export interface TransportOptions {
  /** A proxy that speaks HTTPS stands in front, so that plain HTTP from the network is its last step. */
  readonly isBehindProxy: boolean;
  /** The port of this server. */
  readonly port: () => number;
}

/** How a request has come. */
export interface Transport {
  /** Whether the browser speaks HTTPS. */
  readonly isSecure: boolean;
  /** The origin of this server's own pages, as the browser writes it. */
  readonly origin: string;
  readonly port: number;
}

/** Reads how a request has come. */
export function transportOf(request: IncomingMessage, { isBehindProxy, port }: TransportOptions): Transport {
  const isSecure = isBehindProxy || isEncrypted(request);
  const host = (request.headers.host ?? "").toLowerCase();
  return { isSecure, origin: `${isSecure ? "https" : "http"}://${host}`, port: port() };
}

/**
 * Why the console is not shown to who asks, or undefined: over plain HTTP from the network anybody on the way could read
 * the session, and change the page.
 */
export function whyNotShown(request: IncomingMessage, { isBehindProxy, port }: TransportOptions): string | undefined {
  const { localAddress, remoteAddress } = request.socket;
  if (isBehindProxy || isEncrypted(request)) return undefined;
  if (isLoopback(localAddress) && isLoopback(remoteAddress)) return undefined;
  const at = String(port());
  return `The console is not shown over plain HTTP to other machines: everybody on the way could use it. Start the server with --tls, or behind a proxy that speaks HTTPS with --console-behind-proxy, or reach it by a tunnel: ssh -N -L ${at}:127.0.0.1:${at} HOST, then http://127.0.0.1:${at}/`;
}

const isEncrypted = ({ socket }: IncomingMessage): boolean => "encrypted" in socket && socket.encrypted === true;
