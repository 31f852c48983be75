import { setTimeout as pause } from "node:timers/promises";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";

/** A host, with its key. */
export interface WanderingHost {
  readonly name: string;
  readonly arn: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Command {
  readonly HostCommandIdentifier: string;
  readonly CommandName: string;
}

/**
 * An agent that speaks the protocol alone, to whichever node answers, another one with each call. As the real one it
 * has a journal: what it has run it reports again, and does not run again.
 */
export class WanderingAgent {
  readonly #host: WanderingHost;
  readonly #urls: readonly string[];
  readonly #milliseconds: number;
  readonly #stop = new AbortController();
  readonly #journal = new Set<string>();
  readonly #running: Promise<void>;
  #calls = 0;
  /** The events that it has run, with when each began, in milliseconds since the epoch. */
  readonly ran: { readonly event: string; readonly at: number }[] = [];

  /** `milliseconds`: how long an event takes. */
  constructor(host: WanderingHost, urls: readonly string[], milliseconds: number) {
    this.#host = host;
    this.#urls = urls;
    this.#milliseconds = milliseconds;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { HostCommand } = await this.#call<{ HostCommand?: Command }>("PollHostCommand", {
        HostIdentifier: this.#host.arn,
      });
      if (HostCommand !== undefined) await this.#execute(HostCommand);
    }
  }

  async #execute({ HostCommandIdentifier, CommandName: event }: Command): Promise<void> {
    await this.#call("PutHostCommandAcknowledgement", { HostCommandIdentifier, Diagnostics: null });
    if (this.#stop.signal.aborted) return;
    if (!this.#journal.has(HostCommandIdentifier)) {
      this.#journal.add(HostCommandIdentifier);
      this.ran.push({ event, at: Date.now() });
      await pause(this.#milliseconds);
    }
    await this.#call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus: "Succeeded" });
  }

  /** Calls until some node has answered. */
  async #call<Answer>(operation: string, input: object): Promise<Partial<Answer>> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const url = new URL("/", this.#urls[(this.#calls += 1) % this.#urls.length]);
      const body = JSON.stringify(input);
      const headers = signHeaders({
        method: "POST",
        url,
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `CodeDeployCommandService_v20141006.${operation}`,
        },
        body,
        credentials: this.#host.credentials,
        region: "us-east-1",
        service: "codedeploy-commands",
      });
      try {
        const response = await fetch(url, { method: "POST", headers, body, signal });
        const text = await response.text();
        if (response.ok) return text === "" ? {} : (JSON.parse(text) as Partial<Answer>); // the command service's own answer
        if (response.status < 500) throw new Refused(`${operation} answered ${response.status}: ${text}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      await pause(20);
    }
    return {};
  }
}

/** A refusal that no repetition changes. */
class Refused extends Error {}
