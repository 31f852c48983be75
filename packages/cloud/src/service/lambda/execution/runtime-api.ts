import { withoutUndefined } from "../../../without-undefined.ts";
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "@sluice/aws-protocol/node-http";
import { randomHex } from "../../../random.ts";

/** One event for a function's process. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly clientContext?: string | undefined;
}

/** What a process says of an event, or of its own start. */
export interface RuntimeAnswer {
  readonly payload: Buffer;
  readonly failed: boolean;
}

/** Longest answer of a function, in bytes: Lambda's limit for synchronous calls, and a little for its envelope. */
const answerBytesMax = 6 * 1024 * 1024 + 1024;

const apiFolder = "/2018-06-01/runtime/";

/** Bytes of the secret in the address: 128 bits are not guessed. */
const secretBytes = 16;

/**
 * Lambda's Runtime API for one process, on a port of its own on the loopback: the process asks for the next event, and
 * answers it. Any runtime speaks it, so custom ones run here as they are.
 * Everybody on this machine reaches the port, so two things are asked of who does: that the connection belongs to the
 * process (`isOurs`), and that its requests begin with a secret, which only that process has been told as a part of the
 * address. A page in a browser that has found the port has neither.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #prefix: string;
  #host = "";
  /** The process's open question for the next event. */
  #asking: ServerResponse | undefined;
  #event: RuntimeEvent | undefined;
  #answer: ((answer: RuntimeAnswer) => void) | undefined;
  readonly #started = Promise.withResolvers<RuntimeAnswer | undefined>();

  constructor(isOurs: (socket: Socket) => boolean) {
    this.#prefix = `/${randomHex(secretBytes)}`;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.prependListener("connection", (socket) => isOurs(socket) || socket.destroy());
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0; // the question for the next event stays open for as long as nobody calls
  }

  /** Opens the port. Returns the address for the process, which comes before the API's own paths. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) =>
      this.#server.once("error", reject).listen(0, "127.0.0.1", () => resolve()),
    );
    this.#host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
    return this.#host + this.#prefix;
  }

  /** Resolves when the process first asks for an event, or with the error that it reports instead. */
  get started(): Promise<RuntimeAnswer | undefined> {
    return this.#started.promise;
  }

  /** Hands the process an event; resolves to its response. One event at a time. */
  deliver(event: RuntimeEvent): Promise<RuntimeAnswer> {
    return new Promise((resolve) => {
      this.#event = event;
      this.#answer = resolve;
      this.#send();
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "", headers } = request;
    const path = headers.host === this.#host ? this.#pathOf(url) : undefined;
    if (path === undefined) return refuse(response, 404, "NotFound", "There is nothing here");
    if (method === "GET" && path === "invocation/next") {
      this.#asking = response;
      this.#started.resolve(undefined);
      this.#send();
      return;
    }
    const payload = await bodyOf(request);
    if (method === "POST" && path === "init/error") {
      this.#started.resolve({ payload: payload ?? Buffer.from("{}"), failed: true });
      return accept(response);
    }
    const [, requestId, what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (method !== "POST" || what === undefined)
      return refuse(response, 404, "NotFound", `There is no ${method} of ${path}`);
    if (requestId !== this.#event?.requestId)
      return refuse(response, 400, "InvalidRequestID", `Not the event under way: "${requestId}"`);
    if (payload === undefined) {
      refuse(response, 413, "RequestEntityTooLarge", `The answer is longer than ${answerBytesMax} bytes`);
      return this.#finish({ payload: Buffer.from(JSON.stringify(tooLong)), failed: true });
    }
    accept(response);
    this.#finish({ payload, failed: what === "error" });
  }

  /** Returns a request's path below the API's own; undefined without the secret. */
  #pathOf(url: string): string | undefined {
    const given = Buffer.from(url.slice(0, this.#prefix.length));
    const secret = Buffer.from(this.#prefix);
    if (given.length !== secret.length || !timingSafeEqual(given, secret)) return undefined;
    const path = url.slice(this.#prefix.length);
    return path.startsWith(apiFolder) ? path.slice(apiFolder.length) : path;
  }

  #finish(answer: RuntimeAnswer): void {
    const give = this.#answer;
    this.#answer = undefined;
    this.#event = undefined;
    give?.(answer);
  }

  #send(): void {
    const event = this.#event;
    const asking = this.#asking;
    if (event === undefined || asking === undefined) return;
    this.#asking = undefined;
    const headers = withoutUndefined({
      "content-type": "application/json",
      "content-length": event.payload.length,
      "Lambda-Runtime-Aws-Request-Id": event.requestId,
      "Lambda-Runtime-Deadline-Ms": event.deadline,
      "Lambda-Runtime-Invoked-Function-Arn": event.functionArn,
      "Lambda-Runtime-Client-Context": event.clientContext,
    });
    asking.writeHead(200, headers).end(event.payload);
  }
}

const tooLong = {
  errorType: "Function.ResponseSizeTooLarge",
  errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
};

const accept = (response: ServerResponse): void => respond(response, 202, { status: "OK" });

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  respond(response, status, { errorType, errorMessage });
}

/** With its length, so that the simplest of runtimes can read it. */
function respond(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

/** The body, or undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= answerBytesMax) parts.push(part);
  }
  return length > answerBytesMax ? undefined : Buffer.concat(parts);
}
