import { fits, readPattern } from "@sluice/aws-protocol/wildcards";

/** A tag filter as groups and lists have it. */
export interface TagFilterLike {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly Type?: string | undefined;
}

/** A tag of an instance. */
export interface TagLike {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/**
 * Whether one of the tags matches a filter. In its value, `*` and `?` stand for any text and for any character, as in
 * EC2's filters.
 */
export function matchesTag({ Key, Value = "", Type }: TagFilterLike, tags: readonly TagLike[]): boolean {
  const pattern = readPattern(Value, { hasOneCharacter: true, hasEscapes: false });
  const hasValue = (tag: TagLike) => fits(tag.Value ?? "", pattern);
  switch (Type) {
    case "KEY_ONLY":
      return tags.some((tag) => tag.Key === Key);
    case "VALUE_ONLY":
      return tags.some(hasValue);
    default:
      return tags.some((tag) => tag.Key === Key && hasValue(tag));
  }
}
