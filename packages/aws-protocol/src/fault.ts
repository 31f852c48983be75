/** A modelled AWS error: it ends the request, and its exception name reaches the caller. */
export class Fault extends Error {
  /** AWS's exception name as it goes over the wire, such as `ApplicationDoesNotExistException`. */
  readonly code: string;
  /** HTTP status; by default that of the service's model, else 400. */
  readonly status: number | undefined;

  constructor(code: string, message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.status = options.status;
  }
}
