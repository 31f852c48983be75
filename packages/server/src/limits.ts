// Quotas, sizes and times. Where AWS's pages differ, the larger figure.

/** Quotas (api.md §5). */
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

/** The longest key of a tag, in characters. */
export const tagKeyCharactersMax = 128;

/** The longest value of a tag, in characters. */
export const tagValueCharactersMax = 256;

/**
 * How many ids BatchGetApplications, BatchGetDeployments and BatchGetOnPremisesInstances take: the quota page's figure;
 * the API text says 25 for the last two.
 */
export const batchOfHundred = 100;

/** How many ids the other batch reads take. */
export const batchOfTwentyFive = 25;

/** The longest description, in characters: the guide's figure. */
export const descriptionCharactersMax = 256;

/** How many items a page of a list has; AWS publishes no figure. */
export const pageSize = 100;

/** How long a poll is held, in milliseconds: agents stop reading after 80 s (agent.md §1.3). */
export const pollHoldMilliseconds = 55_000;

/**
 * How long after a hand-out an unacknowledged command is handed out again, in milliseconds. An agent goes on polling
 * while it acknowledges; if this were shorter, it would run commands twice (agent.md §1.3).
 */
export const redeliveryMilliseconds = 10_000;

/** How often deployments are scanned without a hint, and the states of their instances are read, in milliseconds. */
export const scanMilliseconds = 1_000;

/** How often hosts are looked for whose agents have become silent, in milliseconds. */
export const presenceScanMilliseconds = 15_000;

/** How often Auto Scaling groups are searched for instances that wait for a deployment, in milliseconds. */
export const scalingScanMilliseconds = 1_000;

/** How often the hooks on Auto Scaling groups are checked, in milliseconds: someone else may have removed one. */
export const hookScanMilliseconds = 30_000;

/** How often the alarms of a deployment are read, in milliseconds (deployments.md §10.1 rule 2). */
export const alarmPollMilliseconds = 10_000;

/**
 * For how long readings of alarms may fail for a reason that may pass (a service that is away, throttling) before the
 * alarms count as unreadable, in milliseconds. AWS does not say.
 */
export const alarmSilenceMilliseconds = 60_000;
