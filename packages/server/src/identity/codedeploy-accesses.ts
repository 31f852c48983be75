import type { Access, AccessOf } from "@sluice/aws-protocol";
import { hookResultNeedsPolicy, passRoleIsChecked } from "../choices.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";
import { revisionAccesses } from "./revision-accesses.ts";

// What each operation of CodeDeploy is about, as AWS's service authorization reference and CodeDeploy's permissions
// reference have it. Operations that are not in a table below are about no one resource.

type Input = Readonly<Record<string, unknown>>;

/** Operations on what their input names, by the kind of resource. */
const kinds = {
  application: [
    ...["BatchGetApplicationRevisions", "BatchGetApplications", "CreateApplication", "DeleteApplication"],
    ...["GetApplication", "GetApplicationRevision", "ListApplicationRevisions", "ListDeploymentGroups"],
    ...["RegisterApplicationRevision", "UpdateApplication"],
  ],
  deploymentgroup: [
    ...["BatchGetDeploymentGroups", "CreateDeployment", "CreateDeploymentGroup", "DeleteDeploymentGroup"],
    ...["GetDeploymentGroup", "ListDeployments", "UpdateDeploymentGroup"],
  ],
  deploymentconfig: ["CreateDeploymentConfig", "DeleteDeploymentConfig", "GetDeploymentConfig"],
  instance: [
    ...["AddTagsToOnPremisesInstances", "BatchGetOnPremisesInstances", "DeregisterOnPremisesInstance"],
    ...["GetOnPremisesInstance", "RegisterOnPremisesInstance", "RemoveTagsFromOnPremisesInstances"],
  ],
  /** On deployments: about the group that they belong to. */
  deployment: [
    ...["BatchGetDeploymentInstances", "BatchGetDeploymentTargets", "BatchGetDeployments", "ContinueDeployment"],
    ...["GetDeployment", "GetDeploymentInstance", "GetDeploymentTarget", "ListDeploymentInstances"],
    ...["ListDeploymentTargets", "PutLifecycleEventHookExecutionStatus", "SkipWaitTimeForInstanceTermination"],
    "StopDeployment",
  ],
  tagged: ["ListTagsForResource", "TagResource", "UntagResource"],
} as const;

type Kind = keyof typeof kinds;

const kindOf: ReadonlyMap<string, Kind> = new Map(
  Object.entries(kinds).flatMap(([kind, operations]) => operations.map((operation) => [operation, kind as Kind])), // its keys
);

/** What a request to CodeDeploy is about: members may be missing or malformed still. */
export function codedeployAccesses(facts: {
  readonly store: Store;
  readonly region: string;
  readonly accountId: string;
}): AccessOf {
  const name = (type: string, path: string, context: Access["context"] = {}): Access => {
    const place = `arn:aws:codedeploy:${facts.region}:${facts.accountId}:${type}`;
    // Policies write a colon or a slash after the type; both are documented.
    return type === "instance"
      ? { resource: `${place}/${path}`, alias: `${place}:${path}`, context }
      : { resource: `${place}:${path}`, alias: `${place}/${path}`, context };
  };
  return (operation, input) => {
    const kind = kindOf.get(operation);
    const accesses = kind === undefined ? [{}] : named[kind](input, { ...facts, name, context: tagContext(input) });
    if (operation === "PutLifecycleEventHookExecutionStatus" && !hookResultNeedsPolicy)
      return accesses.map((access) => ({ ...access, isOpen: true }));
    return [...accesses, ...alsoNeeded(operation, input, name), ...revisionAccesses(operation, input, facts)];
  };
}

interface Facts {
  readonly store: Store;
  readonly name: (type: string, path: string, context?: Access["context"]) => Access;
  readonly context: NonNullable<Access["context"]>;
}

const named: Readonly<Record<Kind, (input: Input, facts: Facts) => readonly Access[]>> = {
  application: (input, { name, context }) =>
    // Renaming an application needs the permission for both of its names.
    texts(input, "applicationName", "newApplicationName", "applicationNames").map((application) =>
      name("application", application, context),
    ),
  deploymentgroup: (input, { name, context, store }) => {
    const [application = "*"] = texts(input, "applicationName");
    const groups = texts(
      input,
      ...["deploymentGroupName", "currentDeploymentGroupName", "newDeploymentGroupName", "deploymentGroupNames"],
    );
    return orAny(groups).map((group) => {
      const found = store.groups.byName(store.applications.byName(application)?.id ?? "", group);
      return name("deploymentgroup", `${application}/${group}`, { ...context, ...ownTags(store, found) });
    });
  },
  deploymentconfig: (input, { name }) =>
    texts(input, "deploymentConfigName").map((config) => name("deploymentconfig", config)),
  instance: (input, { name }) =>
    texts(input, "instanceName", "instanceNames").map((instance) => name("instance", instance)),
  deployment: (input, { name, store }) =>
    texts(input, "deploymentId", "deploymentIds").map((id) => {
      const deployment = store.deployments.byId(id);
      const application = store.applications.byId(deployment?.applicationId ?? "")?.name ?? "*";
      const group = store.groups.byId(deployment?.groupId ?? "");
      return name("deploymentgroup", `${application}/${group?.name ?? "*"}`, ownTags(store, group));
    }),
  tagged: (input, { context }) => texts(input, "ResourceArn").map((resource) => ({ resource, context })),
};

/** Beside its own action an operation needs those of what it does on the way. */
function alsoNeeded(operation: string, input: Input, name: Facts["name"]): readonly Access[] {
  if (operation === "CreateDeployment") {
    const [application = "*"] = texts(input, "applicationName");
    return [
      ...texts(input, "deploymentConfigName").map((config) => ({
        ...name("deploymentconfig", config),
        action: "codedeploy:GetDeploymentConfig",
      })),
      { ...name("application", application), action: "codedeploy:RegisterApplicationRevision" },
    ];
  }
  if (operation !== "CreateDeploymentGroup" && operation !== "UpdateDeploymentGroup") return [];
  if (!passRoleIsChecked) return [];
  return texts(input, "serviceRoleArn").map((resource) => ({
    action: "iam:PassRole",
    resource,
    context: { "iam:PassedToService": "codedeploy.amazonaws.com" },
  }));
}

/** The tags that a deployment group has, for conditions. */
function ownTags({ tags }: Store, group: DeploymentGroup | undefined): NonNullable<Access["context"]> {
  if (group === undefined) return {};
  return Object.fromEntries(
    tags.of("deploymentgroup", group.id).map(({ Key = "", Value = "" }) => [`aws:ResourceTag/${Key}`, Value]),
  );
}

/** The texts that these members hold, alone or in a list. */
function texts(input: Input, ...members: readonly string[]): readonly string[] {
  return members
    .flatMap((member) => input[member])
    .filter((value): value is string => typeof value === "string" && value !== "");
}

const orAny = (names: readonly string[]): readonly string[] => (names.length === 0 ? ["*"] : names);

/** The tags that a request would put on, for conditions. */
function tagContext(input: Input): NonNullable<Access["context"]> {
  const found = input["tags"] ?? input["Tags"];
  const tags = Array.isArray(found) ? (found as readonly { readonly Key?: string; readonly Value?: string }[]) : []; // decoded as CodeDeploy's Tag
  const keys = tags.flatMap(({ Key }) => Key ?? []);
  return {
    "aws:TagKeys": keys.length === 0 ? texts(input, "TagKeys") : keys,
    ...Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [`aws:RequestTag/${Key}`, Value])),
  };
}
