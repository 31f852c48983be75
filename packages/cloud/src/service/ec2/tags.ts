import { Fault } from "@sluice/aws-protocol";
import type { Ec2Context, Ec2Operations } from "./context.ts";
import type { InstanceRecord } from "./instance-record.ts";
import { mergeTags } from "./run-instances.ts";

/** Operations on tags; only instances carry any. */
export const tagOperations: Ec2Operations = {
  CreateTags(context, { Resources = [], Tags = [] }) {
    const changed = tagged(context, Resources).map(({ id, tags }) => ({ id, tags: mergeTags(tags, Tags) }));
    for (const { id, tags } of changed) context.fleet.change(id, { tags });
  },

  DeleteTags(context, { Resources = [], Tags }) {
    for (const { id, tags } of tagged(context, Resources)) {
      // No tags at all means all of them; a tag without a value goes whatever its value is.
      const left = tags.filter(
        ({ Key, Value }) =>
          Tags !== undefined &&
          !Tags.some((tag) => tag.Key === Key && (tag.Value === undefined || tag.Value === Value)),
      );
      context.fleet.change(id, { tags: left });
    }
  },

  async DescribeTags({ fleet }, { Filters = [] }) {
    const all = (await fleet.all()).flatMap(({ id, tags }) =>
      tags.map((tag) => ({ ResourceId: id, ResourceType: "instance" as const, ...tag })),
    );
    const fields = {
      "resource-id": "ResourceId",
      "resource-type": "ResourceType",
      key: "Key",
      value: "Value",
    } as const;
    return {
      Tags: all.filter((tag) =>
        Filters.every(({ Name = "", Values = [] }) => {
          if (!Object.hasOwn(fields, Name)) throw new Fault("InvalidParameterValue", `The filter '${Name}' is invalid`);
          return Values.includes(tag[fields[Name as keyof typeof fields]]); // found above
        }),
      ),
    };
  },
};

function tagged({ fleet }: Ec2Context, resources: readonly string[]): readonly InstanceRecord[] {
  return resources.map((id) => {
    const record = fleet.find(id);
    if (record === undefined)
      throw new Fault(
        id.startsWith("i-") ? "InvalidInstanceID.NotFound" : "InvalidID",
        `The ID '${id}' is not valid: only instances of the local cloud can be tagged`,
      );
    return record;
  });
}
