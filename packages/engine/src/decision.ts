import type { Checkpoint, Effect } from "./model/effect.ts";
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

/** What happens next, in AWS's words; `because` is the reason, for people. */
export type Decision =
  /** A fleet has to be queried; the result becomes a member of `World.fleets`. */
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
  /** The host has to run an event: the outbox gets a command. With `effect`, a gateway runs it instead. */
  | {
      readonly do: "run";
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly effect?: Effect | undefined;
      readonly because: string;
    }
  /** A host has acknowledged its command. */
  | {
      readonly do: "note start";
      readonly commandId: string;
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly at: number;
      readonly because: string;
    }
  /** A gateway has reported its progress with a step, or with an event of a target. */
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
      /** The host has been terminated in the meantime. */
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
  /** A gateway has to do something for the deployment as a whole. */
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
  /** The deployment as a whole waits. At READY_WAIT its status is Ready. */
  | { readonly do: "hold"; readonly hold: HoldName; readonly until: number; readonly because: string }
  | { readonly do: "release"; readonly hold: HoldName; readonly because: string }
  /** A message for people, which is added to the deployment's notes. */
  | { readonly do: "warn"; readonly because: string }
  /** A report about a command that is over. It changes nothing. */
  | {
      readonly do: "disregard report";
      readonly commandId: string;
      readonly kind: Report["kind"];
      readonly because: string;
    }
  /**
   * The deployment will end before its workflow does: nothing new begins, what is running ends, then it is Stopped, or
   * Failed.
   */
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
  /** Nothing is due. `until` is when the wait times out, if nothing else ends it. */
  | { readonly do: "wait"; readonly for: string; readonly until?: number | undefined };

/** The decision of one kind. */
export type DecisionOf<Do extends Decision["do"]> = Extract<Decision, { readonly do: Do }>;
