import type { LifecycleEventName } from "../appspec/index.ts";
import type { Checkpoint, Effect, Registration } from "./effect.ts";
import type { ErrorInformation, EventStatus, TargetStatus } from "./states.ts";

/** One host of a deployment, or its one function. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly hostIdentifier: string;
  /** The fleet of a blue/green deployment to which it belongs, by AWS's labels. */
  readonly label?: "Blue" | "Green" | undefined;
  readonly zone?: string | undefined;
  /** Registrations in load balancers that an earlier deployment has removed and not restored. */
  readonly deregistered?: readonly Registration[] | undefined;
  readonly status: TargetStatus;
  readonly lastUpdatedAt: number;
  readonly events: readonly LifecycleEvent[];
}

/** One lifecycle event of a target. */
export interface LifecycleEvent {
  readonly name: LifecycleEventName;
  readonly status: EventStatus;
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly diagnostics?: Diagnostics | undefined;
  /** Why it failed, by AWS's code, where a gateway knows. */
  readonly error?: ErrorInformation | undefined;
  /** Why the host did not acknowledge the event, as far as is known: when its agent was last seen. */
  readonly agentIssue?: string | undefined;
  /** The event could not end because the instance has been terminated. */
  readonly isHostGone?: true | undefined;
  /** Present once the event has been handed to the host. */
  readonly command?: Command | undefined;
}

/** An order to a host or a gateway to run an event. A host acknowledges it; for a gateway that happens at once. */
export interface Command {
  readonly id: string;
  readonly issuedAt: number;
  readonly acknowledgedAt?: number | undefined;
  /** Present when the service runs the event itself. */
  readonly effect?: Effect | undefined;
  /** What the gateway waits for, in words. */
  readonly progress?: string | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What a host reports about an event that has ended. */
export interface Diagnostics {
  readonly errorCode:
    | "Success"
    | "ScriptMissing"
    | "ScriptNotExecutable"
    | "ScriptTimedOut"
    | "ScriptFailed"
    | "UnknownError";
  readonly scriptName: string;
  readonly message: string;
  readonly logTail: string;
}

/** What a host or a gateway reports about a command or a step. */
export type Report = {
  /** The id of the command or of the step. */
  readonly commandId: string;
  readonly at: number;
} & (
  | { readonly kind: "acknowledged" }
  | { readonly kind: "progress"; readonly because: string; readonly checkpoint?: Checkpoint | undefined }
  | {
      readonly kind: "completed";
      readonly status: "Succeeded" | "Failed";
      readonly diagnostics?: Diagnostics | undefined;
      /** Of a gateway that failed. */
      readonly error?: ErrorInformation | undefined;
      readonly checkpoint?: Checkpoint | undefined;
    }
);
