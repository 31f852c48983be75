import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { SignedRequests } from "../src/protocol/signed-requests.ts";

/** Listens on a free port of the loopback, for as long as the test runs. Returns the address. */
export async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
}

/** Where a download goes to, and by what it is fetched; five attempts a second, for a second at most without progress. */
export function downloadFixture(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-download-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const requests = new SignedRequests({ readTimeoutSeconds: 5 });
  t.after(() => requests.close());
  const told: string[] = [];
  const log = (line: string) => {
    told.push(line);
  };
  const retryOptions = { pauses: () => 2, log, limits: { withoutProgress: 1_000, total: 10_000 } };
  return { folder, into: join(folder, "bundle.tar"), requests, retryOptions, told };
}

/** Answers one request after the other by these; the last one stays. */
export function inTurn(seen: IncomingMessage[], ...listeners: readonly RequestListener[]): RequestListener {
  return (request, response) => {
    seen.push(request);
    listeners[Math.min(seen.length, listeners.length) - 1]?.(request, response);
  };
}

/** Sends the beginning of a content, and breaks off. */
export function breakOff(response: ServerResponse, part: string | Buffer): void {
  response.write(part, () => setTimeout(() => response.destroy(), 20)); // what has been written may be read first
}
