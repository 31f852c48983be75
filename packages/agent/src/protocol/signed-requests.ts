import { readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import type { Agent as SecureAgent } from "node:https";
import { signHeaders, type SigningCredentials } from "@sluice/aws-protocol/signature-v4";
import { CallConnections, StaleConnection } from "./call-connections.ts";
import { timedOut } from "./request-errors.ts";
import { WireLog } from "./wire-log.ts";

/** A request to an AWS service. */
export interface SignedRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly service: string;
  readonly region: string;
  readonly credentials: SigningCredentials;
  readonly signal?: AbortSignal | undefined;
}

/** How requests reach their services. */
export interface TransportOptions {
  /** An HTTP proxy for all requests. */
  readonly proxyUri?: string | undefined;
  readonly readTimeoutSeconds: number;
  /** A PEM file with the trusted certificates, instead of the usual ones. */
  readonly certificateFile?: string | undefined;
  /** A PEM file with certificates that are trusted in addition to the usual ones. */
  readonly caBundle?: string | undefined;
  /** The log of requests and responses. */
  readonly wireLog?: string | undefined;
}

/** How long an idle connection is kept, in milliseconds: longer than the pause between two polls, and shorter than servers keep theirs. */
const idleMilliseconds = 50_000;

/** Sends signed requests over persistent connections. */
export class SignedRequests {
  readonly #options: object;
  readonly #certificates: string | undefined;
  readonly #further: string | undefined;
  readonly #wire: WireLog | undefined;
  readonly #plain: Pools<Agent> = new Map();
  readonly #secure: Pools<SecureAgent> = new Map();
  readonly #readTimeout: number;
  /** Undefined when calls need more than plain HTTP. */
  readonly #calls: CallConnections | undefined;

  constructor({ proxyUri, readTimeoutSeconds, certificateFile, caBundle, wireLog }: TransportOptions) {
    const proxyEnv = proxyUri === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxyUri, HTTPS_PROXY: proxyUri } };
    this.#options = { keepAlive: true, keepAliveMsecs: idleMilliseconds, ...proxyEnv };
    this.#certificates = certificateFile === undefined ? undefined : readFileSync(certificateFile, "utf8");
    this.#further = caBundle === undefined ? undefined : readBundle(caBundle);
    this.#wire = wireLog === undefined ? undefined : new WireLog(wireLog);
    this.#readTimeout = readTimeoutSeconds * 1000;
    const limits = { readTimeoutMilliseconds: this.#readTimeout, idleMilliseconds };
    this.#calls = proxyUri === undefined && wireLog === undefined ? new CallConnections(limits) : undefined;
  }

  /** Sends a request. Resolves with the response, of which the body has not been read yet. If the server has closed an idle connection, the request is sent again on another one. */
  async send(request: SignedRequest): Promise<IncomingMessage> {
    return retryIfStale(request, () => this.#attempt(request));
  }

  /** Like `send`, for a call by POST, but resolves with the complete response. Rejects when its body is longer than `bytesMax`. */
  async call(
    request: SignedRequest & { readonly method: "POST" },
    bytesMax: number,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const calls = request.url.protocol === "http:" ? this.#calls : undefined;
    if (calls === undefined) {
      const response = await this.send(request);
      return { status: response.statusCode ?? 0, text: await readText(response, bytesMax) };
    }
    const { url, body = "", signal } = request;
    const { status, body: bytes } = await retryIfStale(request, () =>
      calls.post({ url, headers: signed(request), body, signal, bytesMax }),
    );
    return { status, text: bytes.toString("utf8") };
  }

  /** Sends a GET request without a signature. */
  async get(url: URL, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    return this.#send(url, { method: "GET", headers });
  }

  /** Closes all connections. */
  close(): void {
    for (const agent of [...this.#plain.values(), ...this.#secure.values()]) agent.destroy();
    this.#calls?.close();
    this.#wire?.close();
  }

  #attempt(request: SignedRequest): Promise<IncomingMessage> {
    const { method, url, body = "", signal } = request;
    return this.#send(url, { method, headers: signed(request), body, signal });
  }

  async #send(
    url: URL,
    {
      method,
      headers,
      body = "",
      signal,
    }: { method: string; headers: Readonly<Record<string, string>>; body?: string; signal?: AbortSignal | undefined },
  ): Promise<IncomingMessage> {
    const { agent, request } =
      url.protocol === "https:"
        ? await this.#https(method)
        : { agent: poolOf(this.#plain, method, () => new Agent(this.#options)), request: httpRequest };
    const options = {
      method,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      agent,
      timeout: this.#readTimeout,
      signal,
    };
    const number = this.#wire?.sent({ method, url, headers: options.headers, body }) ?? 0;
    return new Promise((resolve, reject) => {
      const sent = request(url, options, (response) => {
        this.#wire?.received(number, response);
        resolve(response);
      });
      sent.on("timeout", () => sent.destroy(timedOut(this.#readTimeout)));
      sent.on("error", (cause: NodeJS.ErrnoException) => {
        this.#wire?.failed(number, cause);
        const stale = sent.reusedSocket && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
        reject(
          stale
            ? new StaleConnection(`Cannot reach ${url.origin}: ${cause.message}`, { cause })
            : new Error(`Cannot reach ${url.origin}: ${cause.message}`, { cause }),
        );
      });
      sent.end(body);
    });
  }

  /** Returns the pool and the client for HTTPS. Loads TLS, which takes eight megabytes, only when it is needed. */
  async #https(method: string) {
    const { Agent: Secure, request } = await import("node:https");
    const { rootCertificates } = await import("node:tls");
    const [usual, further] = [this.#certificates, this.#further];
    const ca = [...(usual === undefined ? rootCertificates : [usual]), ...(further === undefined ? [] : [further])];
    const trusts = usual === undefined && further === undefined ? {} : { ca };
    return { agent: poolOf(this.#secure, method, () => new Secure({ ...this.#options, ...trusts })), request };
  }
}

/** Pools of connections by method. Our server reads calls on its fast path as long as a connection has nothing else (docs/decisions/017), so downloads use connections of their own. */
type Pools<Kind> = Map<string, Kind>;

function poolOf<Kind>(pools: Pools<Kind>, method: string, make: () => Kind): Kind {
  const pool = pools.get(method) ?? make();
  pools.set(method, pool);
  return pool;
}

function readBundle(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("it has no certificates in PEM");
    return text;
  } catch (cause) {
    throw new Error(`Cannot read the ca_bundle "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

const signed = ({ headers = {}, body = "", ...request }: SignedRequest): Readonly<Record<string, string>> =>
  signHeaders({ ...request, headers, body });

/** Sends a request again if the server had closed an idle connection before it read the request. */
async function retryIfStale<Answer>({ signal }: SignedRequest, attempt: () => Promise<Answer>): Promise<Answer> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof StaleConnection) || signal?.aborted === true) throw error;
    return attempt();
  }
}

/** Reads the body of a response as text. Throws when it is longer than `bytesMax`. */
export async function readText(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new Error(`The answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
