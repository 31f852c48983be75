import type { EcsPlan, SuspendedScaling } from "../model/ecs-plan.ts";
import { runStep, stepOf } from "./stages.ts";
import { done, due, type Stage } from "./workflow.ts";

/**
 * Suspends the scaling of a service while its tasks are replaced, so that the count does not change under the deployment
 * (deployments.md §12.2, step 2). That it could not be is a warning: AWS does not do it at all.
 */
export const suspendScaling = ({ service }: EcsPlan): Stage =>
  forgiving(
    runStep("suspend scaling", { kind: "suspend scaling", service }),
    (reason) => `The service's scaling could not be suspended, and may change its tasks meanwhile: ${reason}`,
  );

/** Resumes what a step has suspended, however the deployment ends. */
export const resumeScaling: Stage = (world) => {
  const scaling = stepOf(world, "suspend scaling")?.checkpoint?.scaling;
  if (scaling === undefined || scaling.activities.length === 0) return done;
  return forgiving(
    runStep("resume scaling", { kind: "resume scaling", scaling }),
    (reason) => `${scalingLeft(scaling)} (${reason})`,
  )(world);
};

/** Says that scaling stays suspended, with the command that resumes it. */
export const scalingLeft = ({ resourceId, activities }: SuspendedScaling): string =>
  `Left behind: the scaling of ${resourceId} suspended. To resume: aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id ${resourceId} --suspended-state ${activities.map((activity) => `${activity}=false`).join(",")}`;

/** A stage whose failure is a warning. */
function forgiving(stage: Stage, warningOf: (reason: string) => string): Stage {
  return (world) => {
    const progress = stage(world);
    if (progress.is !== "failed") return progress;
    const because = warningOf(progress.error.message);
    return world.deployment.notes.includes(because) ? done : due({ do: "warn", because });
  };
}
