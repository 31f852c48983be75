import type { Call } from "../permission/identity.ts";
import type { ServiceResponse } from "../service/service.ts";

/** A request whose signature was verified, and the service's response. */
export interface RecordedRequest {
  readonly call: Call;
  readonly service: string;
  readonly response: Pick<ServiceResponse, "operation" | "fault" | "resources">;
}

/** A line of the access log. Never a header or a body: they hold secrets. */
export interface AccessLine {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly status: number;
  readonly fault?: string | undefined;
  readonly milliseconds: number;
}
