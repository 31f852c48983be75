import { type Access, type AccessOf, Fault, requestTags, resourceTags, withTags } from "@sluice/aws-protocol";
import { hookResultNeedsPolicy, passRoleIsChecked } from "../ambiguities.ts";
import { findResource, resourceOf } from "../operations/tags.ts";
import type { Store } from "../store/index.ts";
import type { TaggedKind } from "../store/resource-tags.ts";
import { revisionAccesses } from "./revision-accesses.ts";

// What each operation of CodeDeploy is about, as AWS's service authorization reference and CodeDeploy's permissions
// reference have it: by the ARN that the thing has, however a request spells it, and with the tags that it has.

type Input = Readonly<Record<string, unknown>>;

/** Operations on what their input names, by the kind of resource. */
const kinds = {
  application: [
    "BatchGetApplicationRevisions",
    "BatchGetApplications",
    "CreateApplication",
    "DeleteApplication",
    "GetApplication",
    "GetApplicationRevision",
    "ListApplicationRevisions",
    "ListDeploymentGroups",
    "RegisterApplicationRevision",
    "UpdateApplication",
  ],
  deploymentgroup: [
    "BatchGetDeploymentGroups",
    "CreateDeployment",
    "CreateDeploymentGroup",
    "DeleteDeploymentGroup",
    "GetDeploymentGroup",
    "ListDeployments",
    "UpdateDeploymentGroup",
  ],
  deploymentconfig: ["CreateDeploymentConfig", "DeleteDeploymentConfig", "GetDeploymentConfig"],
  instance: [
    "AddTagsToOnPremisesInstances",
    "BatchGetOnPremisesInstances",
    "DeregisterOnPremisesInstance",
    "GetOnPremisesInstance",
    "RegisterOnPremisesInstance",
    "RemoveTagsFromOnPremisesInstances",
  ],
  /** On deployments: about the group that they belong to. */
  deployment: [
    "BatchGetDeploymentInstances",
    "BatchGetDeploymentTargets",
    "BatchGetDeployments",
    "ContinueDeployment",
    "GetDeployment",
    "GetDeploymentInstance",
    "GetDeploymentTarget",
    "ListDeploymentInstances",
    "ListDeploymentTargets",
    "PutLifecycleEventHookExecutionStatus",
    "SkipWaitTimeForInstanceTermination",
    "StopDeployment",
  ],
  tagged: ["ListTagsForResource", "TagResource", "UntagResource"],
  /** AWS has these on no one resource. */
  none: [
    "DeleteGitHubAccountToken",
    "DeleteResourcesByExternalId",
    "ListApplications",
    "ListDeploymentConfigs",
    "ListGitHubAccountTokenNames",
    "ListOnPremisesInstances",
  ],
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
  const name: Facts["name"] = (type, path, context) => nameIn(facts, type, path, context);
  return (operation, input) => {
    const kind = kindOf.get(operation);
    const accesses = kind === undefined ? [{}] : named[kind](input, { ...facts, name, context: tagContext(input) });
    if (operation === "PutLifecycleEventHookExecutionStatus" && !hookResultNeedsPolicy)
      return accesses.map((access) => ({ ...access, isOpen: true }));
    const makes = operation === "CreateApplication" || operation === "CreateDeploymentGroup";
    return [
      ...accesses.flatMap((access) => (makes ? withTags(access, "codedeploy:TagResource", input["tags"]) : [access])),
      ...alsoNeeded(operation, input, { ...facts, name }),
      ...revisionAccesses(operation, input, facts),
    ];
  };
}

interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** Policies write a colon or a slash after the type; both are documented. */
function nameIn({ region, accountId }: Place, type: string, path: string, context: Access["context"] = {}): Access {
  const place = `arn:aws:codedeploy:${region}:${accountId}:${type}`;
  return type === "instance"
    ? { resource: `${place}/${path}`, alias: `${place}:${path}`, context }
    : { resource: `${place}:${path}`, alias: `${place}/${path}`, context };
}

/** An on-premises instance by its name, with the tags and the other ARN that it has. */
export function instanceAccess(
  { store, ...place }: Place & { readonly store: Store },
  one: string,
  context: Access["context"] = {},
): Access {
  const instance = store.onPremises.byName(one);
  const access = nameIn(place, "instance", one, { ...resourceTags(instance?.tags), ...context });
  return { ...access, also: instance === undefined ? [] : [instance.arn] };
}

interface Facts extends Place {
  readonly store: Store;
  readonly name: (type: string, path: string, context?: Access["context"]) => Access;
  readonly context: NonNullable<Access["context"]>;
}

const named: Readonly<Record<Kind, (input: Input, facts: Facts) => readonly Access[]>> = {
  application: (input, facts) =>
    // Renaming an application needs the permission for both of its names.
    texts(input, "applicationName", "newApplicationName", "applicationNames").map((application) =>
      applicationAccess(application, facts),
    ),
  deploymentgroup: (input, facts) => {
    const [application = "*"] = texts(input, "applicationName");
    const groups = texts(
      input,
      "deploymentGroupName",
      "currentDeploymentGroupName",
      "newDeploymentGroupName",
      "deploymentGroupNames",
    );
    return orAny(groups).map((group) => groupAccess(application, group, facts));
  },
  deploymentconfig: (input, { name, store, context }) =>
    texts(input, "deploymentConfigName").map((config) =>
      name("deploymentconfig", config, { ...ownTags(store, "deploymentconfig", config), ...context }),
    ),
  instance: (input, { context, ...facts }) =>
    texts(input, "instanceName", "instanceNames").map((one) => instanceAccess(facts, one, context)),
  deployment: (input, facts) => texts(input, "deploymentId", "deploymentIds").map((id) => deploymentAccess(id, facts)),
  tagged: (input, facts) => texts(input, "ResourceArn").map((arn) => taggedAccess(arn, facts)),
  none: () => [{ resource: "*" }],
};

type ForNaming = Pick<Facts, "store" | "name"> & Partial<Pick<Facts, "context">>;

function applicationAccess(application: string, { name, store, context }: ForNaming): Access {
  const id = store.applications.byName(application)?.id;
  return name("application", application, { ...ownTags(store, "application", id), ...context });
}

function groupAccess(application: string, group: string, { name, store, context }: ForNaming): Access {
  const id = store.groups.byName(store.applications.byName(application)?.id ?? "", group)?.id;
  return name("deploymentgroup", `${application}/${group}`, { ...ownTags(store, "deploymentgroup", id), ...context });
}

/** A deployment belongs to its group, by the name that it had when the deployment was created. */
function deploymentAccess(id: string, facts: Facts): Access {
  const { store } = facts;
  const deployment = store.deployments.byId(id);
  const application = store.applications.byId(deployment?.applicationId ?? "")?.name;
  const group = store.groups.byId(deployment?.groupId ?? "")?.name ?? deployment?.request.groupName;
  const isUnknown = deployment !== undefined && (application === undefined || group === undefined);
  return { ...groupAccess(application ?? "*", group ?? "*", facts), isUnknown };
}

/** What an ARN names, read as the operations on tags do: any region, account and separator are taken. */
function taggedAccess(arn: string, facts: Facts): Access {
  const { store, name, context } = facts;
  const resource = readResource(arn);
  if (resource === undefined) return { resource: arn, context };
  const tagged = findResource({ store }, resource);
  return name(resource.kind, resource.names.join("/"), { ...ownTags(store, resource.kind, tagged?.id), ...context });
}

/** Undefined for what the operation refuses. */
function readResource(arn: string): ReturnType<typeof resourceOf> | undefined {
  try {
    return resourceOf(arn);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Beside its own action an operation needs those of what it does on the way. */
function alsoNeeded(operation: string, input: Input, facts: Pick<Facts, "store" | "name">): readonly Access[] {
  const { store, name } = facts;
  if (operation === "CreateDeployment") {
    const [application = "*"] = texts(input, "applicationName");
    return [
      ...texts(input, "deploymentConfigName").map((config) => ({
        ...name("deploymentconfig", config, ownTags(store, "deploymentconfig", config)),
        action: "codedeploy:GetDeploymentConfig",
      })),
      { ...applicationAccess(application, facts), action: "codedeploy:RegisterApplicationRevision" },
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

/** The tags that a resource has, for conditions. */
const ownTags = ({ tags }: Store, kind: TaggedKind, id: string | undefined): NonNullable<Access["context"]> =>
  id === undefined ? {} : resourceTags(tags.of(kind, id));

/** The texts that these members hold, alone or in a list. */
function texts(input: Input, ...members: readonly string[]): readonly string[] {
  return members
    .flatMap((member) => input[member])
    .filter((value): value is string => typeof value === "string" && value !== "");
}

const orAny = (names: readonly string[]): readonly string[] => (names.length === 0 ? ["*"] : names);

/** The tags that a request would put on or take off, for conditions. */
function tagContext(input: Input): NonNullable<Access["context"]> {
  const value = input["tags"] ?? input["Tags"];
  const tags = Array.isArray(value)
    ? (value as readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[])
    : []; // decoded as CodeDeploy's Tag
  return requestTags(tags, texts(input, "TagKeys"));
}
