import type { ErrorInformation, Checkpoint } from "@sluice/engine";

/** How a piece of the service's own work stands after a gateway has been asked for it. */
export type EffectOutcome =
  /** It has to be asked again; its checkpoint must be on the disk before that. */
  | {
      readonly is: "under way";
      readonly because: string;
      readonly checkpoint?: Checkpoint | undefined;
      /** A call has failed for a reason that may pass: asking at once again would not help. */
      readonly isTrouble?: true | undefined;
    }
  | { readonly is: "done"; readonly checkpoint?: Checkpoint | undefined }
  | { readonly is: "failed"; readonly error: ErrorInformation; readonly checkpoint?: Checkpoint | undefined };

/** The work goes on. */
export const underWay = (because: string, checkpoint?: Checkpoint): EffectOutcome => ({
  is: "under way",
  because,
  checkpoint,
});

/** The work has come to its end. */
export const finished = (checkpoint?: Checkpoint): EffectOutcome => ({
  is: "done",
  checkpoint,
});

/** The work cannot succeed. */
export const refused = (code: string, message: string): EffectOutcome => ({ is: "failed", error: { code, message } });

/** The role that a deployment group names is not there. */
export class RoleMissing extends Error {
  constructor(roleArn: string) {
    super(`The deployment group's service role does not exist: ${roleArn}`);
  }
}

/** Codes of refusals that pass by themselves: AWS asks callers to come back (deployments.md §13, 43). */
const passing =
  /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestTimeout|RequestExpired|PriorRequestNotComplete|ScalingActivityInProgress|ResourceContention|ServiceUnavailable|InternalFailure|InternalError/;

/** HTTP's statuses of such answers, beside those of a service that is in trouble itself (5xx). */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether a refusal passes by itself. */
export function isPassing(error: Error): boolean {
  const { httpStatusCode: status = 0 } = "$metadata" in error ? (error.$metadata as { httpStatusCode?: number }) : {}; // as every error of AWS's SDK has it
  return passing.test(error.name) || passingStatuses.has(status) || status >= 500;
}

/** Codes by which services say that who calls may not, or is nobody any more: each service has its own. */
const denied =
  /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|AuthFailure|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidToken|ExpiredToken|^Forbidden/;

/** Whether a service has answered that the role may not. */
export const isDenied = (error: unknown): boolean => error instanceof Error && denied.test(error.name);

/** What an error of an AWS call means for the work: a refusal ends it, anything that may pass is tried again within the event's own limit. */
export function outcomeOfError(error: unknown): EffectOutcome {
  if (!(error instanceof Error)) return trouble(String(error));
  const said = `${error.name}: ${error.message}`;
  if (error instanceof RoleMissing) return refused("IAM_ROLE_MISSING", error.message);
  if (isDenied(error)) return refused("IAM_ROLE_PERMISSIONS", said);
  const isRefusal = "$fault" in error && error.$fault === "client" && !isPassing(error);
  return isRefusal ? refused("INTERNAL_ERROR", said) : trouble(said);
}

const trouble = (because: string): EffectOutcome => ({ is: "under way", because, isTrouble: true });
