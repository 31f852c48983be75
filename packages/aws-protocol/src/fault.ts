/** A modelled AWS error: it ends the request and reaches the caller by its exception name. */
export class Fault extends Error {
  /** AWS's exception name as it goes over the wire, such as `ApplicationDoesNotExistException`. */
  readonly code: string;
  /** HTTP status; when absent, the service's model decides, else 400. */
  readonly status: number | undefined;

  constructor(code: string, message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.status = options.status;
  }
}
