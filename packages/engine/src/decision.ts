import type { Checkpoint, Effect } from "./effect.ts";
import type {
  Report,
  Diagnostics,
  ErrorInformation,
  FleetQuery,
  FleetMember,
  HoldName,
  LifecycleEventName,
  Outcome,
  StepName,
} from "./world.ts";

/** What happens next, in AWS's words, each with the reason a person may read. */
export type Decision =
  /** Somebody has to look which hosts there are; the report comes back as a field of `World`. */
  | { readonly do: "look up fleet"; readonly fleet: FleetQuery; readonly because: string }
  /** The deployment is InProgress. */
  | { readonly do: "begin"; readonly because: string }
  /** Hosts become targets, with the events that are planned for each. */
  | {
      readonly do: "add targets";
      readonly targets: readonly FleetMember[];
      readonly events: readonly LifecycleEventName[];
      readonly label?: "Blue" | "Green" | undefined;
      readonly because: string;
    }
  /** The host is to run an event: the outbox gets a command. With `work` a gateway runs it instead. */
  | {
      readonly do: "run";
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly effect?: Effect | undefined;
      readonly because: string;
    }
  /** A host has picked its command up. */
  | {
      readonly do: "note start";
      readonly commandId: string;
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly at: number;
      readonly because: string;
    }
  /** A gateway says how far it is, with a step or with an event of a target. */
  | {
      readonly do: "note progress";
      readonly commandId: string;
      readonly target?: string | undefined;
      readonly checkpoint?: Checkpoint | undefined;
      readonly because: string;
    }
  | {
      readonly do: "settle event";
      readonly commandId: string;
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly as: "Succeeded" | "Failed" | "Skipped";
      readonly at: number;
      readonly diagnostics?: Diagnostics | undefined;
      readonly error?: ErrorInformation | undefined;
      /** The host's agent is the cause. */
      readonly agentIssue?: string | undefined;
      /** The host has been terminated meanwhile. */
      readonly isHostGone?: true | undefined;
      readonly checkpoint?: Checkpoint | undefined;
      readonly because: string;
    }
  | {
      readonly do: "settle target";
      readonly target: string;
      readonly as: "Succeeded" | "Failed" | "Skipped" | "Unknown" | "Ready";
      readonly because: string;
    }
  /** A gateway is to do something for the deployment as a whole. */
  | { readonly do: "start step"; readonly step: StepName; readonly effect: Effect; readonly because: string }
  | {
      readonly do: "settle step";
      readonly id: string;
      readonly as: "Succeeded" | "Failed";
      readonly at: number;
      readonly error?: ErrorInformation | undefined;
      readonly checkpoint?: Checkpoint | undefined;
      readonly because: string;
    }
  /** The deployment waits as a whole; at the ready gate it says so by its status. */
  | { readonly do: "hold"; readonly hold: HoldName; readonly until: number; readonly because: string }
  | { readonly do: "release"; readonly hold: HoldName; readonly because: string }
  /** Something that a person should know. */
  | { readonly do: "warn"; readonly because: string }
  /** A report to a command that is over: it changes nothing, and is said. */
  | {
      readonly do: "disregard report";
      readonly commandId: string;
      readonly kind: Report["kind"];
      readonly because: string;
    }
  /** The deployment will end before its workflow does: nothing new begins, what runs ends, then it is Stopped, or Failed. */
  | {
      readonly do: "stop";
      readonly as?: "Failed" | undefined;
      readonly error: ErrorInformation;
      readonly because: string;
    }
  | {
      readonly do: "finish";
      readonly as: Outcome;
      readonly error?: ErrorInformation | undefined;
      readonly because: string;
    }
  /** `until` is when the wait ends by itself, if nothing else ends it. */
  | { readonly do: "wait"; readonly for: string; readonly until?: number | undefined };
