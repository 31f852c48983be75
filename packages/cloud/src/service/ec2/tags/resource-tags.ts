import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Ec2Context } from "../context.ts";
import type { KeptTag } from "../filters.ts";

/** Tags of a resource: EC2's own limit. */
const tagsMax = 50;

/** Returns the tags that a request gives to resources of a type. */
export function tagsFor(type: string, specifications: readonly TagSpecification[] = []): readonly KeptTag[] {
  const given = specifications.filter(({ ResourceType }) => ResourceType === type);
  return mergeTags(
    [],
    given.flatMap(({ Tags = [] }) => Tags),
  );
}

/** Returns tags with others set over them. Throws a Fault when one has no key, or there are too many. */
export function mergeTags(tags: readonly KeptTag[], more: readonly Tag[]): readonly KeptTag[] {
  const merged = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  for (const { Key = "", Value = "" } of more) {
    if (Key === "" || Key.length > 128 || Value.length > 256)
      throw new Fault(
        "InvalidParameterValue",
        `Tag keys have 1 to 128 characters and values at most 256: '${Key.slice(0, 128)}'`,
      );
    if (Key.startsWith("aws:"))
      throw new Fault("InvalidParameterValue", `Tag keys starting with 'aws:' are reserved for internal use: '${Key}'`);
    merged.set(Key, Value);
  }
  if (merged.size > tagsMax)
    throw new Fault("TagLimitExceeded", `The maximum number of Tags for a resource has been reached: ${tagsMax}`);
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
}

/** Something that can be tagged. */
export interface Tagged {
  readonly id: string;
  readonly type: "instance" | "key-pair" | "launch-template" | "security-group";
  readonly tags: readonly KeptTag[];
}

/** Returns everything that can be tagged. */
export async function allTagged({
  fleet,
  templates,
  securityGroups,
  keyPairs,
}: Ec2Context): Promise<readonly Tagged[]> {
  const of = (type: Tagged["type"], things: readonly Omit<Tagged, "type">[]) =>
    things.map(({ id, tags }) => ({ id, type, tags }));
  return [
    ...of("instance", await fleet.all()),
    ...of("launch-template", templates.all()),
    ...of("security-group", securityGroups.all()),
    ...of("key-pair", keyPairs.all()),
  ];
}

/** Replaces the tags of a thing. */
export function setTags(
  { fleet, templates, securityGroups, keyPairs }: Ec2Context,
  { id, type }: Tagged,
  tags: readonly KeptTag[],
): void {
  if (type === "instance") return fleet.change(id, { tags });
  const drawer = { "launch-template": templates, "security-group": securityGroups, "key-pair": keyPairs }[type];
  const found = drawer.find(id);
  // Each record goes back where it came from.
  if (found !== undefined) (drawer as { put(id: string, thing: unknown): void }).put(id, { ...found, tags });
}
