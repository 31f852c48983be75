import { signHeaders } from "@sluice/aws-protocol/signature-v4";

/** A host's result of an event. */
export type Outcome = "Succeeded" | "Failed";

/** The control plane of the agents, and their credentials. */
export interface ControlPlane {
  readonly url: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly clock: () => number;
}

/** An event that a host has run. */
export interface Ran {
  readonly host: string;
  readonly event: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

interface Poll {
  readonly HostCommand?: { readonly HostCommandIdentifier: string; readonly CommandName: string };
}

/** Hosts whose agents only speak the protocol: a test decides when each event ends, and how. */
export class SimulatedAgents {
  readonly #plane: ControlPlane;
  readonly #answer: (host: string, event: string) => Outcome | Promise<Outcome>;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly ran: Ran[] = [];

  constructor(
    plane: ControlPlane,
    answer: (host: string, event: string) => Outcome | Promise<Outcome> = () => "Succeeded",
  ) {
    this.#plane = plane;
    this.#answer = answer;
  }

  /** Stops all agents. Must be called before the control plane is closed, which would be an error to them. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Starts the agent of a host, under a name for the test. */
  start(host: string, hostIdentifier: string): void {
    this.#running.push(this.#run(host, hostIdentifier));
  }

  async #run(host: string, HostIdentifier: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const { HostCommand } = await this.#call("PollHostCommand", { HostIdentifier });
        if (HostCommand !== undefined) await this.#execute(host, HostCommand);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async #execute(
    host: string,
    { HostCommandIdentifier, CommandName: event }: NonNullable<Poll["HostCommand"]>,
  ): Promise<void> {
    const { clock } = this.#plane;
    const startedAt = clock();
    await this.#call("PutHostCommandAcknowledgement", { HostCommandIdentifier, Diagnostics: null });
    const CommandStatus = await this.#answer(host, event);
    this.ran.push({ host, event, startedAt, endedAt: clock() });
    await this.#call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus });
  }

  async #call(operation: string, input: object): Promise<Poll> {
    const { url, region, credentials } = this.#plane;
    const body = JSON.stringify(input);
    const headers = signHeaders({
      method: "POST",
      url: new URL("/", url),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `CodeDeployCommandService_v20141006.${operation}`,
      },
      body,
      credentials,
      region,
      service: "codedeploy-commands",
    });
    const response = await fetch(new URL("/", url), { method: "POST", headers, body, signal: this.#stop.signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Poll); // the command service's own answer
  }
}
