import type { ErrorInformation, Checkpoint } from "@sluice/engine";

/** The state of an effect after a gateway has been called for it. */
export type EffectOutcome =
  /** The gateway has to be called again. The checkpoint must be on the disk before that. */
  | {
      readonly is: "under way";
      readonly because: string;
      readonly checkpoint?: Checkpoint | undefined;
      /** A call has failed for a reason that may pass: calling again at once would not help. */
      readonly isTrouble?: true | undefined;
    }
  | { readonly is: "done"; readonly checkpoint?: Checkpoint | undefined }
  | { readonly is: "failed"; readonly error: ErrorInformation; readonly checkpoint?: Checkpoint | undefined };

/** The effect is in progress. */
export const underWay = (because: string, checkpoint?: Checkpoint): EffectOutcome => ({
  is: "under way",
  because,
  checkpoint,
});

/** The effect has succeeded. */
export const finished = (checkpoint?: Checkpoint): EffectOutcome => ({ is: "done", checkpoint });

/** The effect cannot succeed. */
export const refused = (code: string, message: string): EffectOutcome => ({ is: "failed", error: { code, message } });

/** The service role of a deployment group does not exist. */
export class RoleMissing extends Error {
  constructor(roleArn: string) {
    super(`The deployment group's service role does not exist: ${roleArn}`);
  }
}

/** Error codes of failures that may pass: AWS asks callers to retry (deployments.md §13, 43). */
const passing =
  /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestTimeout|RequestExpired|PriorRequestNotComplete|ScalingActivityInProgress|ResourceContention|ServiceUnavailable|InternalFailure|InternalError/;

/** HTTP statuses of such failures, apart from those of a service that is in trouble itself (5xx). */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether a failed call may succeed later. */
export function isPassing(error: Error): boolean {
  const { httpStatusCode: status = 0 } = "$metadata" in error ? (error.$metadata as { httpStatusCode?: number }) : {}; // as every error of AWS's SDK has it
  return passing.test(error.name) || passingStatuses.has(status) || status >= 500;
}

/** Error codes for a caller that is not allowed to call, or unknown: each service has its own. */
const denied =
  /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|AuthFailure|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidToken|ExpiredToken|^Forbidden/;

/** Whether an error has one of these names, which are AWS's error codes. */
export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

/** Whether a call has failed because the role is not allowed to make it. */
export const isDenied = (error: unknown): boolean => error instanceof Error && denied.test(error.name);

/** Returns what a failed call means for its effect: a refusal ends it; what may pass is retried within the event's own time limit. */
export function outcomeOfError(error: unknown): EffectOutcome {
  if (!(error instanceof Error)) return trouble(String(error));
  const text = `${error.name}: ${error.message}`;
  if (error instanceof RoleMissing) return refused("IAM_ROLE_MISSING", error.message);
  if (isDenied(error)) return refused("IAM_ROLE_PERMISSIONS", text);
  const isRefusal = "$fault" in error && error.$fault === "client" && !isPassing(error);
  return isRefusal ? refused("INTERNAL_ERROR", text) : trouble(text);
}

const trouble = (because: string): EffectOutcome => ({ is: "under way", because, isTrouble: true });
