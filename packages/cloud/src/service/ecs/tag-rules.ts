import type { Tag } from "@aws-sdk/client-ecs";
import { invalid } from "./names.ts";

/** Tags of one thing: ECS's own limit. */
const tagsMax = 50;

/** Tags of a request, checked. */
export function checkedTags(tags: readonly Tag[] = []): readonly Tag[] {
  for (const { key = "", value = "" } of tags)
    if (key === "" || key.length > 128 || value.length > 256 || /^aws:/i.test(key))
      throw invalid(
        `Tag keys have 1 to 128 characters and do not begin with aws:, values have at most 256: '${key.slice(0, 128)}'`,
      );
  return mergedTags([], tags);
}

/** Tags with further ones put over them. */
export function mergedTags(tags: readonly Tag[], more: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...tags, ...more].map(({ key = "", value = "" }) => [key, { key, value }]));
  if (merged.size > tagsMax)
    throw invalid(`Tags cannot have more than ${tagsMax} elements, and would have ${merged.size}.`);
  return [...merged.values()];
}
