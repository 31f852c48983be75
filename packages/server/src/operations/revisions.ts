import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { fault } from "../faults.ts";
import { revisionIdentity } from "../store/index.ts";
import type { Revision } from "../store/revisions.ts";
import { applicationOf, type CodeDeployOperations, type Context, date } from "./context.ts";
import { page } from "./pagination.ts";
import { checkRevision } from "./validation/revision-location.ts";

/** The operations on revisions (api.md §2.4). */
export const revisionOperations = {
  async RegisterApplicationRevision(context, { applicationName, revision, description }) {
    const { store, clock } = context;
    await store.write(() => {
      const { id, computePlatform } = applicationOf(context, applicationName);
      store.revisions.register(id, checkRevision(revision, computePlatform), { description, now: clock() });
    });
  },

  GetApplicationRevision(context, { applicationName, revision }) {
    const { id, name, computePlatform } = applicationOf(context, applicationName);
    const registered = context.store.revisions.find(id, checkRevision(revision, computePlatform, "ask"));
    if (registered === undefined) throw fault("RevisionDoesNotExist", `Application "${name}" has no such revision`);
    return { applicationName: name, revision: registered.location, revisionInfo: infoOf(context, id, registered) };
  },

  BatchGetApplicationRevisions(context, { applicationName, revisions = [] }) {
    const { id, name, computePlatform } = applicationOf(context, applicationName);
    const registered = revisions.map((revision) =>
      context.store.revisions.find(id, checkRevision(revision, computePlatform, "ask")),
    );
    return {
      applicationName: name,
      errorMessage: registered.includes(undefined) ? "Some of the revisions are not registered" : "",
      revisions: registered
        .filter((one) => one !== undefined)
        .map((one) => ({ revisionLocation: one.location, genericRevisionInfo: infoOf(context, id, one) })),
    };
  },

  ListApplicationRevisions(
    context,
    { applicationName, sortBy, sortOrder, s3Bucket, s3KeyPrefix, deployed = "ignore", nextToken },
  ) {
    const { id } = applicationOf(context, applicationName);
    if (s3KeyPrefix !== undefined && s3Bucket === undefined)
      throw fault("BucketNameFilterRequired", "s3KeyPrefix requires s3Bucket");
    if (sortOrder !== undefined && sortBy === undefined) throw fault("InvalidSortBy", "sortOrder requires sortBy");
    const time = timeBy(sortBy);
    const inUse = new Set(
      context.store.groups.of(id).flatMap(({ targetRevision: target }) => (target ? [revisionIdentity(target)] : [])),
    );
    const matching = context.store.revisions.of(id).filter(({ location }) => {
      const isDeployed = inUse.has(revisionIdentity(location));
      if (deployed !== "ignore" && isDeployed !== (deployed === "include")) return false;
      return (
        (s3Bucket === undefined || location.s3Location?.bucket === s3Bucket) &&
        (location.s3Location?.key ?? "").startsWith(s3KeyPrefix ?? "")
      );
    });
    const sign = sortOrder === "descending" ? -1 : 1;
    // Revisions that were never used come last in either order.
    const sorted = matching.toSorted(
      (a, b) =>
        Number(time(a) === undefined) - Number(time(b) === undefined) || sign * ((time(a) ?? 0) - (time(b) ?? 0)),
    );
    const { items, nextToken: token } = page(
      sorted.map(({ location }) => JSON.stringify(withoutContent(location))),
      nextToken,
      ["revisions", id, sortBy, sortOrder, s3Bucket, s3KeyPrefix, deployed],
    );
    return { revisions: items.map((text) => JSON.parse(text) as RevisionLocation), nextToken: token }; // made text one line above
  },
} satisfies CodeDeployOperations;

/** Inline AppSpecs are named by their hash; only GetApplicationRevision shows them whole (api.md §2.7). */
export function withoutContent(location: RevisionLocation): RevisionLocation {
  const { appSpecContent, string, ...others } = location;
  return {
    ...others,
    appSpecContent: appSpecContent === undefined ? undefined : { sha256: appSpecContent.sha256 },
    string: string === undefined ? undefined : { sha256: string.sha256 },
  };
}

function timeBy(sortBy: string | undefined): (revision: Revision) => number | undefined {
  if (sortBy === "firstUsedTime") return ({ firstUsedTime }) => firstUsedTime;
  if (sortBy === "lastUsedTime") return ({ lastUsedTime }) => lastUsedTime;
  return ({ registerTime }) => registerTime;
}

function groupsWith({ store }: Context, applicationId: string, location: RevisionLocation): string[] {
  const identity = revisionIdentity(location);
  return store.groups
    .of(applicationId)
    .filter(({ targetRevision }) => targetRevision !== undefined && revisionIdentity(targetRevision) === identity)
    .map(({ name }) => name);
}

const infoOf = (
  context: Context,
  applicationId: string,
  { location, description, registerTime, firstUsedTime, lastUsedTime }: Revision,
) => ({
  description,
  deploymentGroups: groupsWith(context, applicationId, location),
  firstUsedTime: date(firstUsedTime),
  lastUsedTime: date(lastUsedTime),
  registerTime: date(registerTime),
});
