import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Access } from "@sluice/aws-protocol";
import type { Application } from "../store/applications.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";
import { tokenArn } from "../admin-api/github-secrets.ts";

// Unlike AWS, where each instance reads revisions with rights of its own: here hosts may read what is deployed to them,
// so the deployment's creator must be allowed to read it. Deployments that follow from it (rollbacks, instances that Auto
// Scaling launches) deploy a revision that was permitted before.

type Input = Readonly<Record<string, unknown>>;

interface Facts {
  readonly store: Store;
  readonly region: string;
  readonly accountId: string;
}

/** Members of a deployment group that select hosts: a change deploys the group's revision to other hosts. */
const selectors = [
  "ec2TagFilters",
  "ec2TagSet",
  "onPremisesInstanceTagFilters",
  "onPremisesTagSet",
  "autoScalingGroups",
  "outdatedInstancesStrategy",
];

/** What an operation needs beside its own permission because of the revision that it registers, or has brought to hosts. */
export function revisionAccesses(operation: string, input: Input, facts: Facts): readonly Access[] {
  const { store } = facts;
  const application = store.applications.byName(text(input["applicationName"]));
  const revision = (input["revision"] ?? {}) as RevisionLocation; // decoded by CodeDeploy's own table
  const group = (name: unknown) => store.groups.byName(application?.id ?? "", text(name));
  switch (operation) {
    case "RegisterApplicationRevision":
      return objectAccesses(revision);
    case "CreateDeployment":
      // A restart names no revision: it deploys the group's.
      return input["revision"] === undefined
        ? broughtBy(group(input["deploymentGroupName"]), { application, facts })
        : deployed(revision, { application, facts });
    case "UpdateDeploymentGroup":
      return selectors.some((member) => input[member] !== undefined)
        ? underWayIn(group(input["currentDeploymentGroupName"]), { application, facts })
        : [];
    default:
      return [];
  }
}

interface Where {
  readonly application: Application | undefined;
  readonly facts: Facts;
}

const broughtBy = (group: DeploymentGroup | undefined, where: Where): readonly Access[] =>
  group?.targetRevision === undefined ? [] : deployed(group.targetRevision, where);

/**
 * Returns the revisions that a group deploys: its own, and that of a deployment in progress, which may become its own
 * and is deployed to hosts that are selected in the meantime.
 */
function underWayIn(group: DeploymentGroup | undefined, where: Where): readonly Access[] {
  const { deployments } = where.facts.store;
  const live = group && deployments.byId(deployments.liveOf(group.id) ?? "");
  return [...broughtBy(group, where), ...(live === undefined ? [] : deployed(live.request.revision, where))];
}

/** To have a revision deployed is to read it, and to use the token that it is fetched with. */
function deployed(revision: RevisionLocation, { application, facts }: Where): readonly Access[] {
  const repository = text(revision.gitHubLocation?.repository);
  const token = application && facts.store.githubTokens.keptFor(repository, application.id);
  return [
    ...objectAccesses(revision),
    ...(token === undefined
      ? []
      : [{ action: "sluice:UseGitHubAccountToken", resource: tokenArn(facts, token.name) } as const]),
  ];
}

function objectAccesses({ s3Location }: RevisionLocation): readonly Access[] {
  const [bucket, key] = [text(s3Location?.bucket), text(s3Location?.key)];
  if (bucket === "" || key === "") return []; // the operation refuses it
  const action = s3Location?.version === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  return [{ action, resource: `arn:aws:s3:::${bucket}/${key}` }];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
