import type { Tag } from "@aws-sdk/client-codedeploy";
import { quotas, tagKeyCharactersMax, tagValueCharactersMax } from "../limits.ts";
import { isPredefinedConfig } from "../deployment/predefined-configs.ts";
import { fault } from "../faults.ts";
import type { TaggedKind } from "../store/resource-tags.ts";
import { applicationOf, type CodeDeployOperations, type Context, groupOf } from "./context.ts";
import { configOf } from "./deployment-configs.ts";
import { page } from "./pagination.ts";

/** The operations on the tags of resources (api.md §2.12). */
export const tagOperations = {
  async TagResource(context, { ResourceArn, Tags = [] }) {
    const { store } = context;
    checkTags(Tags);
    const resource = resourceOf(ResourceArn);
    await store.write(() => {
      const { kind, id } = idOf(context, resource);
      const added = new Map(Tags.map((tag) => [tag.Key, tag]));
      const others = store.tags.of(kind, id).filter(({ Key }) => !added.has(Key));
      const tags = [...others, ...added.values()];
      checkTags(tags);
      store.tags.set(kind, id, tags);
    });
    return {};
  },

  async UntagResource(context, { ResourceArn, TagKeys = [] }) {
    const { store } = context;
    const resource = resourceOf(ResourceArn);
    await store.write(() => {
      const { kind, id } = idOf(context, resource);
      store.tags.set(
        kind,
        id,
        store.tags.of(kind, id).filter(({ Key }) => !TagKeys.includes(Key ?? "")),
      );
    });
    return {};
  },

  ListTagsForResource(context, { ResourceArn, NextToken }) {
    const resource = resourceOf(ResourceArn);
    // A resource that does not exist has no tags: the operation lists no fault for it (api.md §2.12).
    const existing = findResource(context, resource);
    const tags = existing === undefined ? [] : context.store.tags.of(existing.kind, existing.id);
    const texts = tags.map((tag) => JSON.stringify(tag));
    const { items, nextToken } = page(texts, NextToken, ["tags", ResourceArn]);
    return { Tags: items.map((text) => JSON.parse(text) as Tag), NextToken: nextToken }; // made text above
  },
} satisfies CodeDeployOperations;

/** Checks tags that a resource is to have (api.md §5). */
export function checkTags(tags: readonly Tag[]): void {
  const refuse = (found: string) =>
    fault(
      "InvalidTagsToAdd",
      `${found}: at most ${quotas.tagsPerResource} tags with different keys of 1 to ${tagKeyCharactersMax} characters and values of up to ${tagValueCharactersMax} are allowed`,
    );
  if (tags.length > quotas.tagsPerResource) throw refuse(`${tags.length} tags`);
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw refuse("A key occurs twice");
  for (const { Key = "", Value = "" } of tags)
    if (Key.length === 0 || Key.length > tagKeyCharactersMax || Value.length > tagValueCharactersMax)
      throw refuse(`Tag "${Key.slice(0, tagKeyCharactersMax)}"`);
}

/** What can be tagged, as an ARN names it. */
export interface Resource {
  readonly kind: TaggedKind;
  /** The names in the ARN: of an application, of it and a group, or of a configuration. */
  readonly names: readonly string[];
}

const namesIn: Readonly<Record<TaggedKind, number>> = { application: 1, deploymentgroup: 2, deploymentconfig: 1 };

/**
 * Reads an ARN. Its account and region are ignored: clients compose ARNs from what they believe to be right
 * (api.md §1.7).
 */
export function resourceOf(arn = ""): Resource {
  const parts = /^arn:aws[a-z-]*:codedeploy:([a-z0-9-]*):(\d{12})?:([a-z]+)[:/](.+)$/.exec(arn);
  if (parts === null) throw fault("InvalidArn", `"${arn.slice(0, 200)}" is not an ARN of CodeDeploy`);
  const [, , , kind = "", name = ""] = parts;
  if (kind !== "application" && kind !== "deploymentgroup" && kind !== "deploymentconfig")
    throw fault("ArnNotSupported", `The resource of "${arn.slice(0, 200)}" cannot be tagged`);
  const names = name.split("/");
  if (names.length !== namesIn[kind] || names.includes(""))
    throw fault("InvalidArn", `"${arn.slice(0, 200)}" does not name one ${kind}`);
  return { kind, names };
}

/** The place of a resource's tags, or the fault that it does not exist. */
function idOf(context: Context, { kind, names: [first = "", second = ""] }: Resource) {
  if (kind === "deploymentconfig") {
    const { name } = configOf(context.store, first);
    if (isPredefinedConfig(name)) throw fault("ArnNotSupported", `"${name}" is predefined and cannot be tagged`);
    return { kind, id: name };
  }
  const application = applicationOf(context, first);
  return kind === "application" ? { kind, id: application.id } : { kind, id: groupOf(context, application, second).id };
}

/** The place of a resource's tags, or undefined when there is no such thing. */
export function findResource({ store }: Pick<Context, "store">, { kind, names: [first = "", second = ""] }: Resource) {
  if (kind === "deploymentconfig") return { kind, id: first };
  const application = store.applications.byName(first);
  const id = kind === "application" ? application?.id : application && store.groups.byName(application.id, second)?.id;
  return id === undefined ? undefined : { kind, id };
}
