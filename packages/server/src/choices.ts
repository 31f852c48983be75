// What AWS leaves open or says in two ways (api.md §0): one place to change each.

/** Most ids that BatchGetApplications and BatchGetDeployments take: the quota page's figure, the API text says 25 for one of them. */
export const batchOfHundred = 100;

/** Most ids that the other batch reads take. */
export const batchOfTwentyFive = 25;

/** Longest description, in characters: the guide's figure. */
export const descriptionCharactersMax = 256;

/** Items on a page of a list; AWS publishes none. */
export const pageSize = 100;

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
