import type { Tag, TagDescription } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingOperations } from "../context.ts";
import type { GroupTag } from "../model/group.ts";
import { describeTag } from "../model/describe-group.ts";
import { pageOf } from "../pagination.ts";

/** Tags of a group: Auto Scaling's limit. */
const tagsMax = 50;

/** Operations on the tags of groups. Running instances keep the tags that they were launched with. */
export const tagOperations: AutoScalingOperations = {
  CreateOrUpdateTags({ groups }, { Tags = [] }) {
    for (const tag of Tags) {
      const group = groups.get(tag.ResourceId);
      const { key, ...rest } = tagOf(tag);
      const tags = [...group.tags.filter((kept) => kept.key !== key), { key, ...rest }];
      if (tags.length > tagsMax) throw new Fault("LimitExceededFault", `A group has at most ${tagsMax} tags`);
      groups.put({ ...group, tags });
    }
  },

  DeleteTags({ groups }, { Tags = [] }) {
    for (const { ResourceId, Key } of Tags)
      groups.change(groups.get(ResourceId).name, (group) => ({
        ...group,
        tags: group.tags.filter(({ key }) => key !== Key),
      }));
  },

  DescribeTags({ groups }, input) {
    const all = groups.all().flatMap((group) => group.tags.map((tag) => describeTag(group, tag)));
    const fields = {
      "auto-scaling-group": ({ ResourceId }: TagDescription) => ResourceId,
      key: ({ Key }: TagDescription) => Key,
      value: ({ Value }: TagDescription) => Value,
      "propagate-at-launch": ({ PropagateAtLaunch }: TagDescription) => String(PropagateAtLaunch),
    };
    const found = all.filter((tag) =>
      (input.Filters ?? []).every(({ Name = "", Values = [] }) => {
        if (!Object.hasOwn(fields, Name))
          throw new Fault(
            "ValidationError",
            `Filter type ${Name} is not correct. Allowed Filter types are: ${Object.keys(fields).join(", ")}`,
          );
        return Values.includes(fields[Name as keyof typeof fields](tag) ?? ""); // found above
      }),
    );
    const { items, next } = pageOf(found, input);
    return { Tags: items, NextToken: next };
  },
};

/** Returns a tag of a request. Throws a Fault for an invalid one. */
export function tagOf({ Key: key = "", Value: value = "", PropagateAtLaunch: propagate = false }: Tag): GroupTag {
  if (key === "" || key.length > 128 || value.length > 256 || key.startsWith("aws:"))
    throw new Fault(
      "ValidationError",
      `Tag keys have 1 to 128 characters and do not begin with aws:, values have at most 256: '${key.slice(0, 128)}'`,
    );
  return { key, value, propagate };
}
