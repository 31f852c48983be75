import type { Deployment } from "./world.ts";

/** What a deployment begins with. */
export type Beginning = Omit<
  Deployment,
  "status" | "steps" | "holds" | "notes" | "startTime" | "completeTime" | "error"
>;

/** A deployment that has just been recorded: nothing has been contacted. */
export const newDeployment = (beginning: Beginning): Deployment => ({
  ...beginning,
  status: "Created",
  steps: [],
  holds: [],
  notes: [],
});
