import type { Call } from "../permission/identity.ts";
import type { ServiceResponse } from "../service/service.ts";

/** A request whose signature held, and what its service answered. */
export interface RecordedRequest {
  readonly call: Call;
  readonly service: string;
  readonly response: Pick<ServiceResponse, "operation" | "fault" | "resources">;
}

/** What there is to say of a request once it is over. Never a header or a body: they hold secrets. */
export interface AccessLine {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly status: number;
  readonly fault?: string | undefined;
  readonly milliseconds: number;
}
