import { Fault, type Service, type ServiceRequest, type ServiceResponse } from "@sluice/aws-protocol";
import { isChange } from "../audit/record-changes.ts";
import { pollHoldMilliseconds } from "../limits.ts";
import { type AskWriter, WriterGone } from "./peers/ask-writer.ts";
import { heldBody } from "./peers/passed-request.ts";
import { TermOver } from "./term.ts";
import { Signal, type Timing } from "./timing.ts";

/** How long a request waits for a node that writes, in milliseconds. A held poll waits as long as it is held. */
const patienceMilliseconds = 5_000;

/** The pause before the same way is tried again, in milliseconds. */
const pauseMilliseconds = 50;

/** What this node answers with while it writes. */
export interface Here {
  readonly isOver: boolean;
  /** Throws `TermOver`. */
  serve(service: string, request: ServiceRequest): Promise<ServiceResponse>;
}

/** The services of a node: what comes here is answered by the node that writes, which may be this one. */
export class SharedServices {
  readonly #timing: Timing;
  readonly #changed = new Signal();
  #way: Here | AskWriter | undefined;
  #isEnded = false;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** Sets who answers from now on; undefined while nobody is known to. */
  lead(way: Here | AskWriter | undefined): void {
    this.#way = way;
    this.#changed.give();
  }

  /** Lets nobody wait any longer: this node ends. */
  end(): void {
    this.#isEnded = true;
    this.lead(undefined);
  }

  /** Who answers now. */
  get way(): Here | AskWriter | undefined {
    return this.#way !== undefined && !isOver(this.#way) ? this.#way : undefined;
  }

  /** Returns the service as this node offers it. */
  shared(service: Service): Service {
    return { ...service, serve: (request) => this.#serve(service, request) };
  }

  async #serve(service: Service, request: ServiceRequest): Promise<ServiceResponse> {
    const operation =
      String(request.headers["x-amz-target"] ?? "")
        .split(".")
        .at(-1) ?? "";
    const isPoll = operation === "PollHostCommand";
    // Agents repeat what they have reported, and a question can be asked again.
    const isRepeatable = service.name === "codedeploy-commands" || !isChange(operation);
    const until = this.#timing.now() + (isPoll ? pollHoldMilliseconds : patienceMilliseconds);
    const bytes = await request.body.bytes(service.bodyBytesMax);
    const held = { ...request, call: request.call, body: heldBody(bytes) };
    const about = { requestId: request.call.requestId, headers: request.headers, path: request.path };
    for (;;) {
      const way = await this.#wayBy(until);
      if (way === undefined) return service.refuse(nobodyWrites, about);
      try {
        if ("ask" in way) return await way.ask(service.name, held, bytes, isPoll ? request.call.signal : undefined);
        return await way.serve(service.name, held);
      } catch (error) {
        if (!(error instanceof WriterGone || error instanceof TermOver)) throw error;
        if (!isRepeatable || (isPoll && request.call.signal.aborted)) return service.refuse(nobodyWrites, about);
        await this.#timing.sleep(pauseMilliseconds);
      }
    }
  }

  async #wayBy(until: number): Promise<Here | AskWriter | undefined> {
    for (;;) {
      const { way } = this;
      if (way !== undefined) return way;
      const left = until - this.#timing.now();
      if (left <= 0 || this.#isEnded) return undefined;
      await this.#changed.or(this.#timing.patience(left));
    }
  }
}

const isOver = (way: Here | AskWriter) => ("ask" in way ? way.isGone : way.isOver);

const nobodyWrites = new Fault("ServiceUnavailable", "No node writes at this moment. Try again", { status: 503 });
