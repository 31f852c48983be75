import type { AddressInfo } from "node:net";
import { type createFrontDoorServer, HttpOrHttpsServer, type HttpsOptions } from "@sluice/aws-protocol";
import { pollHoldMilliseconds } from "./limits.ts";

type FrontDoorServer = ReturnType<typeof createFrontDoorServer>;

/** How long requests in progress may take to end when the server closes, in milliseconds; held polls end at once. */
const shutdownMilliseconds = Math.min(2_000, pollHoldMilliseconds);

/** Closes a server; requests that are under way may end. */
export async function closeListener(server: FrontDoorServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const patience = setTimeout(() => server.closeAllConnections(), shutdownMilliseconds);
  await closed;
  clearTimeout(patience);
}

/**
 * How many connections may wait to be accepted. A fleet connects at once after a restart, and the kernel resets some of
 * those for which Node's own 511 have no room. Kernels limit this to their own `somaxconn`, 4096 by default.
 */
const connectionBacklog = 4_096;

/** Listens, and resolves with the port. Throws one clear sentence when it cannot; `flag` is what chooses another port. */
export function listen(
  server: FrontDoorServer,
  { port, hostname }: { readonly port: number; readonly hostname: string },
  flag = "--port",
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? `another program uses it; choose another with ${flag}` : cause.message;
      reject(new Error(`Cannot listen on ${hostname}:${port}: ${why}`, { cause }));
    });
    server.listen(
      { port, host: hostname, backlog: connectionBacklog },
      () => resolve((server.address() as AddressInfo).port), // it listens on TCP
    );
  });
}

/** Resolves with a piece of work, or when its time is over; what it does after that is nobody's concern. */
export async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Has a server use another certificate for the handshakes that come. Throws when it speaks no HTTPS, or when it is none. */
export function replaceCertificate(server: FrontDoorServer, tls: HttpsOptions): void {
  if (!(server instanceof HttpOrHttpsServer)) throw new Error("Cannot use a certificate: the port speaks no HTTPS");
  server.replaceCertificate(tls);
}
