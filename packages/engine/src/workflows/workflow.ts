import type { Decision } from "../decision.ts";
import type { ErrorInformation, Outcome, World } from "../world.ts";

/**
 * The stages of a kind of deployment, in order. Every pass goes through them from the top: what is done is read off the
 * world.
 */
export interface Workflow {
  readonly stages: readonly Stage[];
  /** Stages that run before the deployment may end with this outcome. */
  readonly cleanupStages: (outcome: Outcome) => readonly Stage[];
}

/** One stage of a workflow. */
export type Stage = (world: World) => Progress;

/** The state of a stage. */
export type Progress =
  | { readonly is: "done" }
  | { readonly is: "due"; readonly decisions: readonly Decision[] }
  | { readonly is: "waiting"; readonly for: string; readonly until?: number | undefined }
  /** The deployment has to end. */
  | { readonly is: "failed"; readonly as: "Failed" | "Stopped"; readonly error: ErrorInformation };

/** The stage is over, or does not apply to this deployment. */
export const done: Progress = { is: "done" };

/** These decisions are due now. */
export const due = (...decisions: readonly Decision[]): Progress => ({ is: "due", decisions });

/** The deployment has failed. */
export const failed = (error: ErrorInformation): Progress => ({ is: "failed", as: "Failed", error });

/** Returns the state of the first stage that is not done. */
export function firstPending(stages: readonly Stage[], world: World): Progress {
  for (const stage of stages) {
    const progress = stage(world);
    if (progress.is !== "done") return progress;
  }
  return done;
}

/** Returns a stage that applies on a condition. */
export const when = (condition: boolean, stage: Stage): Stage => (condition ? stage : () => done);
