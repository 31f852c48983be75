import { connect, type Socket } from "node:net";
import { amzDate, sha256Hex, signingKey, signText, stringToSign } from "@sluice/aws-protocol/signature-v4";
import type { MeasuredSluice } from "./measured-sluice.ts";

const region = "us-east-1";
const service = "codedeploy-commands";
const signedHeaders = "content-type;host;x-amz-date;x-amz-target";
const headEnd = "\r\n\r\n";

/**
 * Polls, acknowledges, completes: what a host's agent says to the server, and nothing else.
 * It writes and reads the bytes of HTTP itself, as a thousand hosts would each on a machine of their own: here they share the server's.
 */
export class SimulatedAgent {
  readonly #host: string;
  readonly #authority: string;
  readonly #credentials: MeasuredSluice["credentials"];
  readonly #socket: Socket;
  #read = "";
  #answered: ((body: string) => void) | undefined;
  #isOver = false;

  constructor({ url, credentials }: MeasuredSluice, host: string) {
    const { hostname, port } = new URL(url);
    this.#host = host;
    this.#authority = `${hostname}:${port}`;
    this.#credentials = credentials;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", (cause) => {
      if (!this.#isOver) throw new Error(`${host} lost its connection`, { cause });
    });
  }

  /** Answers commands until it is closed. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const { HostCommand } = JSON.parse(await this.#call("PollHostCommand", { HostIdentifier: this.#host })) as Poll; // the command service's own answer
      if (HostCommand === undefined) continue;
      const { HostCommandIdentifier } = HostCommand;
      await this.#call("PutHostCommandAcknowledgement", { HostCommandIdentifier, Diagnostics: null });
      await this.#call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus: "Succeeded" });
    }
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #call(operation: string, input: object): Promise<string> {
    const body = JSON.stringify(input);
    const target = `CodeDeployCommandService_v20141006.${operation}`;
    const type = "application/x-amz-json-1.1";
    const { accessKeyId, secretAccessKey } = this.#credentials;
    const time = amzDate(new Date());
    const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
    const canonical = `POST\n/\n\ncontent-type:${type}\nhost:${this.#authority}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${signedHeaders}\n${sha256Hex(body)}`;
    const signature = signText(signingKey(secretAccessKey, scope), stringToSign(canonical, time, scope));
    this.#socket.write(
      `POST / HTTP/1.1\r\nhost: ${this.#authority}\r\ncontent-type: ${type}\r\nx-amz-date: ${time}\r\nx-amz-target: ${target}\r\ncontent-length: ${body.length}\r\nauthorization: AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}\r\n\r\n${body}`,
      "latin1",
    );
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  #take(text: string): void {
    this.#read += text;
    const end = this.#read.indexOf(headEnd);
    if (end < 0) return;
    const start = end + headEnd.length;
    const length = Number(/^content-length: (\d+)/im.exec(this.#read.slice(0, end))?.[1]);
    if (this.#read.length < start + length) return;
    if (!this.#read.startsWith("HTTP/1.1 200 ")) throw new Error(`The server answered ${this.#read}`);
    const body = this.#read.slice(start, start + length);
    this.#read = "";
    this.#answered?.(body);
  }
}

interface Poll {
  readonly HostCommand?: { readonly HostCommandIdentifier: string };
}
