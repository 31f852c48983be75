import type { Deployment } from "./world.ts";

/** The members that a deployment has from the start. */
export type InitialDeployment = Omit<
  Deployment,
  "status" | "steps" | "holds" | "notes" | "startTime" | "completeTime" | "error"
>;

/** Returns a deployment in the state Created: nothing has been contacted. */
export const newDeployment = (beginning: InitialDeployment): Deployment => ({
  ...beginning,
  status: "Created",
  steps: [],
  holds: [],
  notes: [],
});
