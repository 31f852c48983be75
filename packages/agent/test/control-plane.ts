import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Openssl, Party } from "./openssl.ts";

/** A report that a host has sent. */
export interface Completion {
  readonly identifier: string;
  readonly status: string;
  readonly diagnostics: {
    readonly error_code: unknown;
    readonly script_name: string;
    readonly message: string;
    readonly log: string;
  };
}

interface Command {
  readonly identifier: string;
  readonly name: string;
  readonly executionId: string;
}

interface Trouble {
  readonly status: number;
  readonly type: string;
}

/**
 * The server side of the host agents' protocol for tests, as AWS documents it (agent.md §1). It hands out commands when, and
 * as often as, a test wants it to, and records all requests. It also serves bundles as S3 does.
 */
export class ControlPlane {
  readonly #server: Server;
  readonly #openssl: Openssl;
  readonly #signer: Party;
  readonly #queue: Command[] = [];
  readonly #specifications = new Map<string, string>();
  readonly #objects = new Map<string, Buffer>();
  readonly #held = new Map<string, Promise<void>>();
  readonly #downloads: RequestListener[] = [];
  readonly #troubles = new Map<string, Trouble[]>();
  readonly #waiting = new Set<() => void>();
  readonly completions: Completion[] = [];
  /** The input of every request, by operation. */
  readonly heard: {
    readonly operation: string;
    readonly input: Readonly<Record<string, unknown>>;
    readonly headers: IncomingMessage["headers"];
  }[] = [];
  /** The status in responses to acknowledgements. */
  acknowledgement: string | undefined = "InProgress";
  url = "";

  private constructor(openssl: Openssl) {
    this.#openssl = openssl;
    this.#signer = openssl.party("deployment specifications");
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Opens one on a free port of the loopback. */
  static async open(openssl: Openssl, after: (close: () => Promise<void>) => void): Promise<ControlPlane> {
    const plane = new ControlPlane(openssl);
    await new Promise<void>((ready) => plane.#server.listen(0, "127.0.0.1", ready));
    plane.url = `http://127.0.0.1:${(plane.#server.address() as AddressInfo).port}`; // it listens on a port
    after(() => plane.close());
    return plane;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Puts an object into a bucket. */
  put(bucket: string, key: string, bytes: Buffer): void {
    this.#objects.set(`/${bucket}/${key}`, bytes);
  }

  /** Deletes an object. */
  remove(bucket: string, key: string): void {
    this.#objects.delete(`/${bucket}/${key}`);
  }

  /** Signs a deployment's specification; `tamper` changes it afterwards. Returns the deployment's execution id. */
  specify(
    specification: { readonly DeploymentId: string } & Readonly<Record<string, unknown>>,
    tamper: (envelope: string) => string = (envelope) => envelope,
  ): string {
    const executionId = `CodeDeploy/us-east-1/Prod/arn:aws:sds:us-east-1:1:deployment/${specification.DeploymentId}`;
    this.#specifications.set(executionId, tamper(this.#openssl.sign(JSON.stringify(specification), this.#signer)));
    return executionId;
  }

  /** Answers with the specification of another deployment, as an attacker in between could replay it. */
  replay(executionId: string, other: string): void {
    this.#specifications.set(executionId, this.#specifications.get(other) ?? "");
  }

  /** Hands out a command; a second time with the same identifier delivers it again. */
  send(name: string, executionId: string, identifier = `${executionId}-${name}`): string {
    this.#queue.push({ identifier, name, executionId });
    this.#wake();
    return identifier;
  }

  /** Sends a command and waits for the host's report. */
  async run(name: string, executionId: string): Promise<Completion> {
    const identifier = this.send(name, executionId, `${executionId}-${name}-${this.heard.length}`);
    return this.completion(identifier);
  }

  /** Waits for the host's report of a command. */
  async completion(identifier: string): Promise<Completion> {
    return this.until(() => this.completions.find((one) => one.identifier === identifier));
  }

  /** Waits until a condition holds, which is checked after each request of the host. */
  async until<Found>(look: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await this.#news();
    }
  }

  /** The next calls of an operation fail. */
  fail(operation: string, trouble: Trouble, times = 1): void {
    this.#troubles.set(
      operation,
      Array.from({ length: times }, () => trouble),
    );
  }

  /** The next downloads are answered by this. */
  answerDownloads(...answers: readonly RequestListener[]): void {
    this.#downloads.push(...answers);
  }

  /** Holds back the response to the next call of an operation until it is released. */
  hold(operation: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(operation, promise);
    return resolve;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET")
      return (this.#downloads.shift() ?? ((asked, answer) => this.#object(asked, answer)))(request, response);
    response.on("close", () => this.#wake());
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const input = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Readonly<Record<string, unknown>>; // what agents send
    this.heard.push({ operation, input, headers: request.headers });
    this.#wake();
    const trouble = this.#troubles.get(operation)?.shift();
    const held = this.#held.get(operation);
    this.#held.delete(operation);
    await held;
    const answer =
      trouble === undefined
        ? await this.#operate(operation, input, response)
        : { __type: trouble.type, message: "as the test wants" };
    response.writeHead(trouble?.status ?? 200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer));
    this.#wake();
  }

  async #operate(
    operation: string,
    input: Readonly<Record<string, unknown>>,
    response: ServerResponse,
  ): Promise<object> {
    switch (operation) {
      case "PollHostCommand": {
        while (this.#queue.length === 0 && !response.destroyed) await this.#news();
        const command = response.destroyed ? undefined : this.#queue.shift();
        if (command === undefined) return {};
        const { identifier: HostCommandIdentifier, name: CommandName, executionId: DeploymentExecutionId } = command;
        return {
          HostCommand: {
            HostCommandIdentifier,
            HostIdentifier: input.HostIdentifier,
            DeploymentExecutionId,
            CommandName,
            Nonce: 1,
          },
        };
      }
      case "GetDeploymentSpecification": {
        const Payload = this.#specifications.get(String(input.DeploymentExecutionId));
        return {
          DeploymentSystem: "CodeDeploy",
          DeploymentSpecification: { GenericEnvelope: { Format: "PKCS7/JSON", Payload } },
        };
      }
      case "PutHostCommandAcknowledgement":
        return this.acknowledgement === undefined ? {} : { CommandStatus: this.acknowledgement };
      case "PutHostCommandComplete": {
        const { Payload } = input.Diagnostics as { Payload: string }; // what agents send
        this.completions.push({
          identifier: String(input.HostCommandIdentifier),
          status: String(input.CommandStatus),
          diagnostics: JSON.parse(Payload) as Completion["diagnostics"],
        }); // what agents send
        return {};
      }
      case "PutHostCommandOutput": // of a control plane of one's own
        return {};
      default:
        throw new Error(`No operation ${operation}`);
    }
  }

  #object(request: IncomingMessage, response: ServerResponse): void {
    const found = this.#objects.get(new URL(request.url ?? "/", "http://s3").pathname);
    if (found === undefined) {
      response.writeHead(404, { "content-type": "application/xml" });
      response.end("<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>");
      return;
    }
    response.writeHead(200, { etag: '"the-etag"', "content-length": found.length });
    response.end(found);
  }
}
