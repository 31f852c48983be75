import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { timedOut, errorOfStatus } from "../protocol/request-errors.ts";

/** The link-local address of the metadata service, unless `AWS_EC2_METADATA_SERVICE_ENDPOINT` is set. */
const defaultEndpoint = "http://169.254.169.254";

/** The limits of agent.md §7.6. */
const timeoutMilliseconds = 10_000;
const pausesMilliseconds = [1_000, 2_000];
const tokenSeconds = 21_600;

/** The longest response: those of the metadata service are small. */
const responseBytesMax = 64 * 1024;

/** Reads an instance's metadata by IMDSv2, with a session token, or by IMDSv1 where the service has no tokens. */
export class InstanceMetadata {
  readonly #endpoint: string;
  readonly #disableV1: boolean;
  #token: string | undefined;

  constructor({ endpoint = defaultEndpoint, disableV1 }: { endpoint?: string | undefined; disableV1: boolean }) {
    this.#endpoint = endpoint;
    this.#disableV1 = disableV1;
  }

  /** Returns the text at a path such as `/latest/meta-data/instance-id`; undefined when there is none. Throws when the service cannot be reached. */
  async get(path: string): Promise<string | undefined> {
    for (const wait of pausesMilliseconds) {
      try {
        return await this.#attempt(path);
      } catch {
        await pause(wait); // the error of the last attempt, below, is thrown
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

  /** Returns a session token, or "" for IMDSv1, which has no tokens. */
  async #newToken(): Promise<string> {
    const { status, text } = await this.#send("PUT", "/latest/api/token", {
      "x-aws-ec2-metadata-token-ttl-seconds": String(tokenSeconds),
    });
    if (status === 200) return text;
    if (this.#disableV1)
      throw errorOfStatus(
        status,
        undefined,
        `Cannot get a token from the instance metadata service at ${shownEndpoint(this.#endpoint)}: status ${status}`,
      );
    return "";
  }

  #send(method: string, path: string, headers: Record<string, string>): Promise<MetadataResponse> {
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) =>
        reject(
          new Error(
            `Cannot reach the instance metadata service at ${shownEndpoint(this.#endpoint)}: ${cause.message}`,
            {
              cause,
            },
          ),
        );
      const sent = request(
        // The endpoint may have a path.
        new URL((this.#endpoint.endsWith("/") ? this.#endpoint.slice(0, -1) : this.#endpoint) + path),
        { method, headers, timeout: timeoutMilliseconds, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
            if (text.length > responseBytesMax)
              sent.destroy(new Error(`its answer is longer than ${responseBytesMax} bytes`));
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

/** Returns an endpoint for messages, without its path, which may be a secret. */
const shownEndpoint = (endpoint: string): string => (URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint);

interface MetadataResponse {
  readonly status: number;
  readonly text: string;
}

const tokenHeader = (token: string): Record<string, string> =>
  token === "" ? {} : { "x-aws-ec2-metadata-token": token };

function textOf({ status, text }: MetadataResponse, path: string): string | undefined {
  if (status === 404) return undefined;
  if (status !== 200)
    throw errorOfStatus(status, undefined, `the instance metadata service answered ${path} with status ${status}`);
  return text;
}
