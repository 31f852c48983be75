import type { ErrorInformation, Noted } from "@sluice/engine";

/** How a piece of the service's own work stands after a gateway has been asked for it. */
export type WorkOutcome =
  /** It has to be asked again; what is noted must be on the disk before that. */
  | { readonly is: "under way"; readonly because: string; readonly noted?: Noted }
  | { readonly is: "done"; readonly noted?: Noted }
  | { readonly is: "failed"; readonly error: ErrorInformation; readonly noted?: Noted };

/** The work goes on. */
export const underWay = (because: string, noted?: Noted): WorkOutcome => ({
  is: "under way",
  because,
  ...(noted === undefined ? {} : { noted }),
});

/** The work has come to its end. */
export const finished = (noted?: Noted): WorkOutcome => ({ is: "done", ...(noted === undefined ? {} : { noted }) });

/** The work cannot succeed. */
export const refused = (code: string, message: string): WorkOutcome => ({ is: "failed", error: { code, message } });

/** The role that a deployment group names is not there. */
export class RoleMissing extends Error {
  constructor(roleArn: string) {
    super(`The deployment group's service role does not exist: ${roleArn}`);
  }
}

/** Codes of refusals that pass by themselves: AWS asks callers to come back (deployments.md §13, 43). */
const passing =
  /Throttl|RequestLimitExceeded|TooManyRequests|ScalingActivityInProgress|ResourceContention|ServiceUnavailable/;

/** Whether a refusal passes by itself. */
export const isPassing = ({ name }: Error): boolean => passing.test(name);

/** What an error of an AWS call means for the work: a refusal ends it, anything that may pass is tried again within the event's own limit. */
export function outcomeOfError(error: unknown): WorkOutcome {
  if (!(error instanceof Error)) return underWay(String(error));
  if (error instanceof RoleMissing) return refused("IAM_ROLE_MISSING", error.message);
  const isRefusal = "$fault" in error && error.$fault === "client" && !isPassing(error);
  if (!isRefusal) return underWay(`${error.name}: ${error.message}`);
  const isRight = /AccessDenied|Unauthorized|UnauthorizedOperation|InvalidClientTokenId/.test(error.name);
  return refused(isRight ? "IAM_ROLE_PERMISSIONS" : "INTERNAL_ERROR", `${error.name}: ${error.message}`);
}
