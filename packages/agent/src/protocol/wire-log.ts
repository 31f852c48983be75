import type { IncomingMessage } from "node:http";
import { RotatingFile } from "../files/rotating-file.ts";

/** A request as it is sent. */
interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

/** Number of the log's files (agent.md §7.3), and who may read them. */
const rules = { files: 16, mode: 0o640 };

/** The most characters of a request's body that are written: diagnostics have 8 KiB. */
const bodyCharactersMax = 16 * 1024;

/**
 * The agent's requests and the heads of the responses, for operators who debug the network.
 * Unlike AWS: no signature, token or response's body is logged, because bundles and specifications contain secrets.
 */
export class WireLog {
  readonly #file: RotatingFile;
  #requests = 0;

  constructor(path: string) {
    this.#file = new RotatingFile(path, rules);
  }

  /** Logs a request. Returns its number, for the response. */
  sent({ method, url, headers, body }: Sent): number {
    this.#requests += 1;
    const shown = Object.entries(headers).map(([name, value]) => `${name}: ${withoutSecrets(name, String(value))}`);
    this.#write(this.#requests, [`> ${method} ${url.href}`, ...shown, ...(body === "" ? [] : [cut(body)])]);
    return this.#requests;
  }

  /** Logs the head of a response. */
  received(number: number, { statusCode, headers }: IncomingMessage): void {
    const shown = Object.entries(headers).map(([name, value]) => `${name}: ${withoutSecrets(name, String(value))}`);
    this.#write(number, [`< ${statusCode}`, ...shown]);
  }

  /** Logs that there was no response. */
  failed(number: number, error: Error): void {
    this.#write(number, [`< ${error.message}`]);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #write(number: number, lines: readonly string[]): void {
    const head = `${new Date().toISOString()} ${process.pid}/${number}`;
    this.#file.append(lines.map((line) => `${head} ${line}\n`).join(""));
  }
}

function withoutSecrets(name: string, value: string): string {
  if (!/authorization|token|cookie/i.test(name)) return value;
  const publicPart = /^AWS4-HMAC-SHA256 Credential=[^,]+, ?SignedHeaders=[^,]+/.exec(value)?.[0];
  return publicPart === undefined ? "REDACTED" : `${publicPart}, Signature=REDACTED`;
}

const cut = (body: string): string =>
  body.length <= bodyCharactersMax ? body : `${body.slice(0, bodyCharactersMax)}… (${body.length} characters)`;
