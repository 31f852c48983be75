import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";

/** A response to an operation of host agents, or to `GET PATH`. */
export interface Said {
  readonly about: string;
  readonly input: string;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** An attacker between an agent and its control plane, who reads everything, passes it on, and may answer instead. */
export class Wire {
  url = "";
  /** All requests with their responses, in order. */
  readonly said: Said[] = [];
  /** Answers in the place of the control plane; undefined passes the request on. */
  instead: (about: string, input: string) => Pick<Said, "status" | "headers" | "body"> | undefined = () => undefined;
  /** Changes a response of the control plane. */
  change: (said: Said) => Buffer = ({ body }) => body;
  readonly #server = createServer((request, response) => {
    this.#take(request, response).catch(() => response.destroy()); // the client is gone, or will retry
  });
  #to = "";

  constructor(t: TestContext) {
    t.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
  }

  /** Listens in the place of a control plane. Returns the address for agents. */
  async before(url: string): Promise<string> {
    this.#to = url;
    await new Promise<void>((listens) => this.#server.listen(0, "127.0.0.1", listens));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
    return this.url;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const input = await buffer(request);
    const operation = /\.(\w+)$/.exec(String(request.headers["x-amz-target"] ?? ""))?.[1];
    const about = operation ?? `${request.method} ${request.url}`;
    const own = this.instead(about, input.toString());
    const { status, headers, body } = own ?? (await this.#passOn(request, response, input));
    const said = { about, input: input.toString(), status, headers, body };
    this.said.push(said);
    const sent = own === undefined ? this.change(said) : body;
    response.writeHead(status, { ...headers, "content-length": sent.length }).end(sent);
  }

  async #passOn(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, headers } = request;
      // The signature is for the host that the agent knows.
      const sent = httpRequest(new URL(request.url ?? "/", this.#to), { method, headers }, resolve);
      sent.on("error", reject);
      response.on("close", () => sent.destroy());
      sent.end(body);
    });
    const { statusCode: status = 502, headers } = answer;
    return { status, headers, body: await buffer(answer) };
  }
}
