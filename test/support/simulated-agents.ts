import { signHeaders } from "@sluice/aws-protocol/signature-v4";

/** A host's result of an event. */
export type Outcome = "Succeeded" | "Failed";

/** A result with what the host says of it: AWS's error code, the script, and the end of its output. */
export interface Report {
  readonly status: Outcome;
  readonly diagnostics: {
    readonly error_code: number;
    readonly script_name: string;
    readonly message: string;
    readonly log: string;
  };
}

/** Decides how an event ends on a host. */
export type AnswerEvent = (host: string, event: string) => Outcome | Report | Promise<Outcome | Report>;

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
  readonly #answer: AnswerEvent;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly ran: Ran[] = [];

  constructor(plane: ControlPlane, answer: AnswerEvent = () => "Succeeded") {
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
    const answer = await this.#answer(host, event);
    const { status: CommandStatus, diagnostics } =
      typeof answer === "string" ? { status: answer, diagnostics: undefined } : answer;
    this.ran.push({ host, event, startedAt, endedAt: clock() });
    const Diagnostics =
      diagnostics === undefined ? undefined : { Format: "JSON", Payload: JSON.stringify(diagnostics) };
    await this.#call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus, Diagnostics });
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
