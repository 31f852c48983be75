import type { Decision } from "../decision.ts";
import type { ErrorInformation, Outcome, World } from "../world.ts";

/** What a kind of deployment consists of, in order. It is walked from the top in every pass: what is done is read off the world. */
export interface Workflow {
  readonly stages: readonly Stage[];
  /** What has to be done before the deployment may end that way. */
  readonly cleanupStages: (outcome: Outcome) => readonly Stage[];
}

/** One stage of a workflow. */
export type Stage = (world: World) => Progress;

/** How a stage stands. */
export type Progress =
  | { readonly is: "done" }
  | { readonly is: "due"; readonly decisions: readonly Decision[] }
  | { readonly is: "waiting"; readonly for: string; readonly until?: number | undefined }
  /** The deployment has to end. */
  | { readonly is: "failed"; readonly as: "Failed" | "Stopped"; readonly error: ErrorInformation };

/** The stage is over, or does not concern this deployment. */
export const done: Progress = { is: "done" };

/** Something has to happen now. */
export const due = (...decisions: readonly Decision[]): Progress => ({ is: "due", decisions });

/** The deployment cannot go on. */
export const failed = (error: ErrorInformation): Progress => ({ is: "failed", as: "Failed", error });

/** The first stage that is not done decides. */
export function firstPending(stages: readonly Stage[], world: World): Progress {
  for (const stage of stages) {
    const progress = stage(world);
    if (progress.is !== "done") return progress;
  }
  return done;
}

/** A stage that only some deployments have. */
export const when = (condition: boolean, stage: Stage): Stage => (condition ? stage : () => done);
