// What AWS leaves open or says in two ways (api.md §0): one place to change each.

/** Most ids that BatchGetApplications, BatchGetDeployments and BatchGetOnPremisesInstances take: the quota page's figure, the API text says 25 for the last two. */
export const batchOfHundred = 100;

/** Most ids that the other batch reads take. */
export const batchOfTwentyFive = 25;

/** What deleting an application or a deployment group that is not there does: AWS's model lists no fault, and clients are written for both outcomes. */
export const deletingTheAbsent: "succeeds" | "is refused" = "succeeds";

/** What becomes of an on-premises instance's tags when it is deregistered: the guide says both. Kept tags select nothing, and go at the next registration. */
export const tagsOfDeregistered: "kept" | "dropped" = "kept";

/** Longest description, in characters: the guide's figure. */
export const descriptionCharactersMax = 256;

/** Items on a page of a list; AWS publishes none. */
export const pageSize = 100;

/** What stands when a deployment group names no configuration. AWS documents OneAtATime for all, which is not for Lambda and ECS. */
export const defaultConfigs = {
  Server: "CodeDeployDefault.OneAtATime",
  Lambda: "CodeDeployDefault.LambdaAllAtOnce",
  ECS: "CodeDeployDefault.ECSAllAtOnce",
} as const;

/** Quotas (api.md §5); where AWS's pages differ, the larger figure. */
export const quotas = {
  applications: 1000,
  groupsPerApplication: 1000,
  customConfigs: 200,
  deploymentsAtOnce: 1300,
  scalingGroupsPerGroup: 10,
  triggersPerGroup: 10,
  alarmsPerGroup: 50,
  balancersPerList: 10,
  tagSetsPerGroup: 3,
  tagsPerSet: 10,
  tagsPerResource: 50,
  tagsPerOnPremisesInstance: 10,
  onPremisesInstancesPerCall: 100,
  githubTokens: 25,
} as const;

/** Longest that a poll is held, in milliseconds: agents give up reading after 80 s (agent.md §1.3). */
export const pollHoldMilliseconds = 55_000;

/** How long after a hand-out an unacknowledged command is handed out again, in milliseconds. Agents go on polling while they acknowledge; sooner, they would run it twice (agent.md §1.3). */
export const redeliveryMilliseconds = 10_000;

/** How often deployments are looked at without a hint, and the states of their instances are asked for, in milliseconds. */
export const scanMilliseconds = 1_000;

/** How often Auto Scaling groups are asked which instances wait for a deployment, in milliseconds. */
export const scalingScanMilliseconds = 1_000;

/** How often the hooks on Auto Scaling groups are looked at, in milliseconds: somebody else may have removed one. */
export const hookScanMilliseconds = 30_000;

/** Whether who creates a deployment group must be allowed to pass its role on, as on AWS (iam:PassRole). */
export const passRoleIsChecked: boolean = true;

/** Whether a validation function needs a policy to report its result, as on AWS. Not here: it needs the id of its execution, which only it has been told, so that a first function needs no IAM. */
export const hookResultNeedsPolicy: boolean = false;

/** Whether the control plane acts with each deployment group's service role in a local cloud, too, as on AWS. Not unless asked for: first steps need no IAM, and a role that is named and was never made. */
export const actsWithServiceRoles: boolean = false;

/** How often the alarms of a deployment are read, in milliseconds (deployments.md §10.1 rule 2). */
export const alarmPollMilliseconds = 10_000;

/** For how long alarms may be unreadable for a reason that may pass (a service that is away, throttling) before they count as unreadable, in milliseconds: AWS says nothing of it. */
export const alarmSilenceMilliseconds = 60_000;
