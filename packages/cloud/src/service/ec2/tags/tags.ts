import { Fault } from "@sluice/aws-protocol";
import type { Ec2Context, Ec2Operations } from "../context.ts";
import { matching } from "../filters.ts";
import { allTagged, mergeTags, setTags, type Tagged } from "./resource-tags.ts";

/** Operations on tags. */
export const tagOperations: Ec2Operations = {
  async CreateTags(context, { Resources = [], Tags = [] }) {
    const changed = (await tagged(context, Resources)).map((thing) => ({ thing, tags: mergeTags(thing.tags, Tags) }));
    for (const { thing, tags } of changed) setTags(context, thing, tags);
  },

  async DeleteTags(context, { Resources = [], Tags }) {
    for (const thing of await tagged(context, Resources)) {
      // DeleteTags without tags removes all but AWS's own; a tag without a value is removed whatever its value is.
      const left = thing.tags.filter(
        ({ Key, Value }) =>
          Key.startsWith("aws:") ||
          (Tags !== undefined &&
            !Tags.some((tag) => tag.Key === Key && (tag.Value === undefined || tag.Value === Value))),
      );
      setTags(context, thing, left);
    }
  },

  async DescribeTags(context, { Filters = [] }) {
    const all = (await allTagged(context)).flatMap(({ id, type, tags }) =>
      tags.map((tag) => ({ ResourceId: id, ResourceType: type, ...tag })),
    );
    const fields = {
      "resource-id": ({ ResourceId }: (typeof all)[number]) => [ResourceId],
      "resource-type": ({ ResourceType }: (typeof all)[number]) => [ResourceType],
      key: ({ Key }: (typeof all)[number]) => [Key],
      value: ({ Value }: (typeof all)[number]) => [Value],
    };
    return { Tags: [...matching(all, Filters, { fields, tagsOf: (tag) => [tag] })] };
  },
};

async function tagged(context: Ec2Context, ids: readonly string[]): Promise<readonly Tagged[]> {
  const all = await allTagged(context);
  return ids.map((id) => {
    const found = all.find((thing) => thing.id === id);
    if (found === undefined)
      throw new Fault(
        id.startsWith("i-") ? "InvalidInstanceID.NotFound" : "InvalidID",
        `The ID '${id}' is not valid: instances, launch templates, security groups and key pairs can be tagged here`,
      );
    return found;
  });
}
