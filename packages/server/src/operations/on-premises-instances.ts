import type { Tag } from "@aws-sdk/client-codedeploy";
import { administratorArn } from "../administrator-arn.ts";
import { tagsOfDeregistered } from "../ambiguities.ts";
import { quotas, tagKeyCharactersMax, tagValueCharactersMax } from "../limits.ts";
import { fault } from "../faults.ts";
import { newInstanceSuffix } from "../random.ts";
import { iamArnOf, type OnPremisesInstance } from "../store/on-premises-instances.ts";
import { matchesTag } from "../deployment/tag-match.ts";
import { type CodeDeployOperations, type Context, date } from "./context.ts";
import { page } from "./pagination.ts";
import { checkTagFilter } from "./validation/tag-filters.ts";

/** The operations on on-premises instances (api.md §2.10). */
export const onPremisesOperations = {
  async RegisterOnPremisesInstance(context, { instanceName: name = "", iamUserArn, iamSessionArn }) {
    const { store, clock, region, accountId } = context;
    const identity = identityOf(iamUserArn, iamSessionArn);
    refuseAdministrator(context, iamUserArn);
    const ownerId = ownerIdOf(context, iamArnOf({ identity }));
    const arn = `arn:aws:codedeploy:${region}:${accountId}:instance/${name}_${newInstanceSuffix()}`;
    await store.write(() => {
      const former = store.onPremises.byName(name);
      if (former !== undefined && former.deregisterTime === undefined)
        throw fault("InstanceNameAlreadyRegistered", `An on-premises instance is already registered as "${name}"`);
      refuseTaken(context, iamUserArn ?? iamSessionArn ?? "", iamUserArn === undefined);
      refuseAwaited(context, iamUserArn ?? iamSessionArn ?? "", iamUserArn === undefined);
      store.onPremises.register({ name, arn, identity, ownerId, registerTime: clock(), tags: [] });
    });
  },

  async DeregisterOnPremisesInstance({ store, clock, endRegistration }, { instanceName: name = "" }) {
    const instance = store.onPremises.byName(name);
    // Unknown names are not refused: the operation lists no fault for them (api.md §2.10).
    await store.write(() => {
      if (store.onPremises.deregister(name, clock()) > 0 && tagsOfDeregistered === "dropped")
        store.onPremises.setTags(name, []);
    });
    if (instance !== undefined) await endRegistration(instance.arn);
  },

  GetOnPremisesInstance({ store }, { instanceName: name = "" }) {
    const instance = store.onPremises.byName(name);
    if (instance === undefined) throw notRegistered(name);
    return { instanceInfo: infoOf(instance) };
  },

  // Unknown names are left out: the operation lists no fault for them (api.md §2.2).
  BatchGetOnPremisesInstances: ({ store }, { instanceNames = [] }) => ({
    instanceInfos: instanceNames.flatMap((name) => {
      const instance = store.onPremises.byName(name);
      return instance === undefined ? [] : [infoOf(instance)];
    }),
  }),

  ListOnPremisesInstances({ store }, { registrationStatus, tagFilters = [], nextToken }) {
    for (const filter of tagFilters) checkTagFilter("InvalidTagFilter", filter);
    const names = store.onPremises
      .all()
      .filter(
        ({ deregisterTime, tags }) =>
          (registrationStatus === undefined ||
            (registrationStatus === "Registered") === (deregisterTime === undefined)) &&
          (tagFilters.length === 0 || tagFilters.some((filter) => matchesTag(filter, tags))),
      )
      .map(({ name }) => name);
    const { items, nextToken: token } = page(names, nextToken, ["on-premises", registrationStatus, tagFilters]);
    return { instanceNames: items, nextToken: token };
  },

  async AddTagsToOnPremisesInstances(context, { tags: given = [], instanceNames = [] }) {
    const tags = checkPairs(given);
    await changeTags(context, instanceNames, (before) => {
      const after = [...before, ...tags.filter((tag) => !before.some((other) => isSame(tag, other)))];
      const unique = after.filter((tag, index) => after.findIndex((other) => isSame(tag, other)) === index);
      if (unique.length > quotas.tagsPerOnPremisesInstance)
        throw fault(
          "TagLimitExceeded",
          `An on-premises instance would have ${unique.length} tags, and at most ${quotas.tagsPerOnPremisesInstance} are allowed`,
        );
      return unique;
    });
  },

  async RemoveTagsFromOnPremisesInstances(context, { tags: given = [], instanceNames = [] }) {
    const tags = checkPairs(given);
    await changeTags(context, instanceNames, (before) =>
      before.filter((tag) => !tags.some((other) => isSame(tag, other))),
    );
  },
} satisfies CodeDeployOperations;

function identityOf(iamUserArn: string | undefined, iamSessionArn: string | undefined): OnPremisesInstance["identity"] {
  if (iamUserArn !== undefined && iamSessionArn !== undefined)
    throw fault(
      "MultipleIamArnsProvided",
      "Both iamUserArn and iamSessionArn are given, but only one of them is allowed",
    );
  if (iamUserArn !== undefined) return { iamUserArn };
  if (iamSessionArn !== undefined) return { iamSessionArn };
  throw fault("IamArnRequired", "Either iamUserArn or iamSessionArn must be given");
}

/** No host may act in the administrator's name. */
function refuseAdministrator({ accountId }: Context, iamUserArn: string | undefined): void {
  if (iamUserArn === administratorArn(accountId))
    throw fault("InvalidIamUserArn", `"${iamUserArn}" is this house's administrator: a host needs a user of its own`);
}

/** The unique id of the registration's owner: the name alone may be given to another user later. */
const ownerIdOf = ({ uniqueIdOf }: Context, iamArn: string): string | undefined =>
  uniqueIdOf === undefined ? undefined : (uniqueIdOf(iamArn) ?? "");

function refuseTaken({ store }: Context, iamArn: string, isSession: boolean): void {
  const other = store.onPremises.registeredAs(iamArn);
  if (other === undefined) return;
  throw isSession
    ? fault("IamSessionArnAlreadyRegistered", `The session is already registered with the instance "${other.name}"`)
    : fault("IamUserArnAlreadyRegistered", `The user is already registered with the instance "${other.name}"`);
}

/** Unlike AWS: the revision of a deployment in progress is not for another host that gets the same name. */
function refuseAwaited({ store }: Context, iamArn: string, isSession: boolean): void {
  if (store.deployments.revisionsFor(iamArn).length === 0) return;
  throw fault(
    isSession ? "IamSessionArnAlreadyRegistered" : "IamUserArnAlreadyRegistered",
    `A deployment is under way to the host that was registered as ${iamArn}: it must end, or be stopped, before another host is registered so`,
  );
}

/** Changes the tags of all the instances, or of none. */
async function changeTags(
  { store }: Context,
  instanceNames: readonly string[],
  change: (before: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  await store.write(() => {
    for (const name of instanceNames) {
      const instance = store.onPremises.byName(name);
      if (instance === undefined || instance.deregisterTime !== undefined) throw notRegistered(name);
      store.onPremises.setTags(name, change(instance.tags));
    }
  });
}

/** Unlike with the tags of other resources a key may occur more than once (api.md §2.10). A value that is absent is an empty one. */
function checkPairs(tags: readonly Tag[]): readonly Required<Tag>[] {
  return tags.map(({ Key = "", Value = "" }) => {
    if (Key === "" || Key.length > tagKeyCharactersMax || Value.length > tagValueCharactersMax)
      throw fault(
        "InvalidTag",
        `Tag "${Key.slice(0, tagKeyCharactersMax)}" must have a key of 1 to ${tagKeyCharactersMax} and a value of up to ${tagValueCharactersMax} characters`,
      );
    return { Key, Value };
  });
}

const isSame = (a: Tag, b: Tag): boolean => a.Key === b.Key && a.Value === b.Value;

const notRegistered = (name: string) =>
  fault("InstanceNotRegistered", `No on-premises instance is registered as "${name}"`);

/** An instance as AWS shows it: `tags` always, because clients index it (api.md §2.10). */
const infoOf = ({ name, arn, identity, registerTime, deregisterTime, tags }: OnPremisesInstance) => ({
  instanceName: name,
  ...identity,
  instanceArn: arn,
  registerTime: date(registerTime),
  deregisterTime: date(deregisterTime),
  tags: [...tags],
});
