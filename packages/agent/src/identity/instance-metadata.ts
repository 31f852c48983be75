import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { timedOut, errorOfStatus } from "../protocol/request-errors.ts";

/** The link-local address of the metadata service; `AWS_EC2_METADATA_SERVICE_ENDPOINT` moves it. */
const defaultEndpoint = "http://169.254.169.254";

/** Limits of agent.md §7.6. */
const timeoutMilliseconds = 10_000;
const pausesMilliseconds = [1_000, 2_000];
const tokenSeconds = 21_600;

/** An answer is a small document; more is not the metadata service. */
const answerBytesMax = 64 * 1024;

/** Reads an instance's metadata, by a session token where the service gives one. */
export class InstanceMetadata {
  readonly #endpoint: string;
  readonly #disableV1: boolean;
  #token: string | undefined;

  constructor({ endpoint = defaultEndpoint, disableV1 }: { endpoint?: string | undefined; disableV1: boolean }) {
    this.#endpoint = endpoint;
    this.#disableV1 = disableV1;
  }

  /** The text at a path such as `/latest/meta-data/instance-id`; undefined when there is nothing. Throws when the service cannot be reached. */
  async get(path: string): Promise<string | undefined> {
    for (const wait of pausesMilliseconds) {
      try {
        return await this.#attempt(path);
      } catch {
        await pause(wait); // The last attempt, below, lets its error through.
      }
    }
    return this.#attempt(path);
  }

  async #attempt(path: string): Promise<string | undefined> {
    this.#token ??= await this.#newToken();
    const first = await this.#send("GET", path, tokenHeader(this.#token));
    if (first.status !== 401) return textOf(first, path);
    this.#token = await this.#newToken();
    return textOf(await this.#send("GET", path, tokenHeader(this.#token)), path);
  }

  /** "" stands for the first version of the protocol, which has no tokens. */
  async #newToken(): Promise<string> {
    const { status, text } = await this.#send("PUT", "/latest/api/token", {
      "x-aws-ec2-metadata-token-ttl-seconds": String(tokenSeconds),
    });
    if (status === 200) return text;
    if (this.#disableV1)
      throw errorOfStatus(
        status,
        undefined,
        `Cannot get a token from the instance metadata service at ${placeOf(this.#endpoint)}: status ${status}`,
      );
    return "";
  }

  #send(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) =>
        reject(
          new Error(`Cannot reach the instance metadata service at ${placeOf(this.#endpoint)}: ${cause.message}`, {
            cause,
          }),
        );
      const sent = request(
        // The endpoint may have a path of its own.
        new URL((this.#endpoint.endsWith("/") ? this.#endpoint.slice(0, -1) : this.#endpoint) + path),
        { method, headers, timeout: timeoutMilliseconds, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
            if (text.length > answerBytesMax)
              sent.destroy(new Error(`its answer is longer than ${answerBytesMax} bytes`));
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
          response.on("error", fail);
        },
      );
      sent.on("timeout", () => sent.destroy(timedOut(timeoutMilliseconds)));
      sent.on("error", fail);
      sent.end();
    });
  }
}

/** An endpoint as logs may have it: a path of its own is a secret. */
const placeOf = (endpoint: string): string => (URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint);

interface Answer {
  readonly status: number;
  readonly text: string;
}

const tokenHeader = (token: string): Record<string, string> =>
  token === "" ? {} : { "x-aws-ec2-metadata-token": token };

function textOf({ status, text }: Answer, path: string): string | undefined {
  if (status === 404) return undefined;
  if (status !== 200)
    throw errorOfStatus(status, undefined, `the instance metadata service answered ${path} with status ${status}`);
  return text;
}
