import type { Problem } from "../contract.ts";

/** A refusal, as the console's answers show it. */
export class ConsoleProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** The right that is missing, such as `codedeploy:StopDeployment`. */
  readonly right: string | undefined;

  constructor(status: number, code: string, message: string, right?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.right = right;
  }

  /** Its JSON. */
  body(requestId: string): Problem {
    const { code, message, right } = this;
    return { error: { code, message, requestId, right } };
  }
}

/** What is not there, or is nothing that the viewer may know of. */
export const notFound = (what: string): ConsoleProblem => new ConsoleProblem(404, "NotFound", what);

/** A query, a path or a body that cannot be read. */
export const badRequest = (message: string): ConsoleProblem => new ConsoleProblem(400, "BadRequest", message);

/** A right that is missing, with the sentence of the operation that needs it. */
export const forbidden = (message: string, right: string | undefined): ConsoleProblem =>
  new ConsoleProblem(403, "AccessDeniedException", message, right);
