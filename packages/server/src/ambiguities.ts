// What AWS leaves open, or documents in two ways (api.md §0): one place to change each.

/**
 * What deleting an application or a deployment group that does not exist does: AWS's model lists no fault, and clients
 * are written for both outcomes.
 */
export const deletingTheAbsent: "succeeds" | "is refused" = "succeeds";

/**
 * What becomes of an on-premises instance's tags when it is deregistered: the guide says both. Tags that are kept select
 * nothing, and are removed at the next registration.
 */
export const tagsOfDeregistered: "kept" | "dropped" = "kept";

/**
 * The configuration of a deployment group that names none. AWS documents OneAtATime for all platforms, which is not
 * valid for Lambda and ECS.
 */
export const defaultConfigs = {
  Server: "CodeDeployDefault.OneAtATime",
  Lambda: "CodeDeployDefault.LambdaAllAtOnce",
  ECS: "CodeDeployDefault.ECSAllAtOnce",
} as const;

/** Whether the creator of a deployment group must be allowed to pass its role, as on AWS (iam:PassRole). */
export const passRoleIsChecked: boolean = true;

/**
 * Whether a validation function needs a policy to report its result, as on AWS. Not here: it needs the id of its
 * execution, which only the function has got, so that a first function needs no IAM.
 */
export const hookResultNeedsPolicy: boolean = false;

/**
 * Whether the control plane acts with each deployment group's service role in a local cloud, too, as on AWS. Only if
 * configured: first steps need no IAM, and name roles that were never created.
 */
export const actsWithServiceRoles: boolean = false;
