import { type Call, Fault, mayDoEverything, permit, type Service } from "@sluice/aws-protocol";
import type { Permitted } from "../contract.ts";
import { ConsoleProblem, forbidden } from "../http/problem.ts";
import type { ConsoleSession } from "../sessions/sessions.ts";

/** What a viewer's questions are put to. */
export interface ViewerContext {
  /** The services that operations belong to, by name. Each records what it is asked for in the audit log. */
  readonly serviceOf: (name: string) => Service;
}

type Input = Readonly<Record<string, unknown>>;

/** An operation, with its service in front. */
export type OperationName = `${string}:${string}`;

/**
 * Who looks at the console: everything is read and done in the name of the session's principal, and judged by the code
 * that judges signed requests.
 */
export class Viewer {
  readonly call: Call;
  readonly session: ConsoleSession;
  readonly #context: ViewerContext;
  /** Answers to `may`, by question: a page asks for one group many times. */
  readonly #known = new Map<string, Promise<Fault | undefined>>();

  constructor(context: ViewerContext, session: ConsoleSession, call: Call) {
    this.#context = context;
    this.session = session;
    this.call = call;
  }

  /** Whether no policy limits it. */
  get isAdministrator(): boolean {
    return mayDoEverything(this.call.principal);
  }

  /** Throws 403 unless the principal may call an operation with this input; nothing is called. */
  async demand(operation: OperationName, input: Input = {}): Promise<void> {
    const refusal = await this.#refusal(operation, input);
    if (refusal !== undefined) throw forbidden(refusal.message, rightIn(refusal));
  }

  /**
   * Whether the principal may call an operation with this input; nothing is called. With `action` that is asked instead,
   * of the resources that the operation would touch.
   */
  async may(operation: OperationName, input: Input = {}, action?: string): Promise<Permitted> {
    const refusal = await this.#refusal(operation, input, action);
    return refusal === undefined ? { isAllowed: true } : { isAllowed: false, because: "right", why: refusal.message };
  }

  /** Calls an operation: the handler, the rights and the audit of a signed request. Throws its fault as a problem. */
  async perform(service: "codedeploy" | "sluice", operation: string, input: Input): Promise<Input> {
    const called = this.#context.serviceOf(service);
    const bytes = Buffer.from(JSON.stringify(input));
    const response = await called.serve({
      method: "POST",
      path: "/",
      query: new URLSearchParams(),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${called.targetPrefixes[0] ?? ""}.${operation}`,
      },
      body: { bytes: () => Promise.resolve(bytes), stream: unread },
      call: this.call,
    });
    const output = objectIn(typeof response.body === "string" ? response.body : "");
    if (response.fault === undefined) return output;
    const message = typeof output["message"] === "string" ? output["message"] : response.fault;
    throw new ConsoleProblem(
      statusOf(response.status, response.fault),
      response.fault,
      message,
      rightIn({ code: response.fault, message }),
    );
  }

  #refusal(name: string, input: Input, action?: string): Promise<Fault | undefined> {
    const question = `${name} ${action} ${JSON.stringify(input)}`;
    const known = this.#known.get(question) ?? this.#judge(name, input, action);
    this.#known.set(question, known);
    return known;
  }

  async #judge(name: string, input: Input, action: string | undefined): Promise<Fault | undefined> {
    if (this.isAdministrator) return undefined;
    const [prefix = "", operation = ""] = name.split(":");
    const service = this.#context.serviceOf(prefix);
    const asking = { signingName: prefix, protocol: service.protocol, operation, input, call: this.call };
    try {
      const accesses = (await service.accesses?.(operation, input, this.call)) ?? [];
      await permit({}, asking, action === undefined ? accesses : accesses.map((access) => ({ ...access, action })));
      return undefined;
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }
}

/** A service of JSON reads its body as a whole. */
const unread = (): never => {
  throw new Error("The body of an operation in JSON is not read as a stream");
};

const objectIn = (text: string): Input => JSON.parse(text === "" ? "{}" : text) as Input; // written by the service's own encoder

/** The right that a refusal names. */
function rightIn({ code, message }: Pick<Fault, "code" | "message">): string | undefined {
  if (code !== "AccessDeniedException") return undefined;
  return / is not authorized to perform: ([A-Za-z0-9:-]{1,100}) on /.exec(message)?.[1];
}

/** AWS's JSON services answer 400 to everything that they refuse. */
function statusOf(status: number, fault: string): number {
  if (fault === "AccessDeniedException") return 403;
  if (fault.endsWith("DoesNotExistException")) return 404;
  return status === 400 && /Already|InvalidDeploymentStatus|NotInReadyState|LimitExceeded/.test(fault) ? 409 : status;
}
