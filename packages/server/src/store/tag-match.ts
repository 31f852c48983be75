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

/** Whether one of the tags is what a filter asks for. `*` and `?` in the value stand for any text and any character, as in EC2's filters. */
export function matchesTag({ Key, Value = "", Type }: TagFilterLike, tags: readonly TagLike[]): boolean {
  const hasValue = (tag: TagLike) => matchesPattern(Value, tag.Value ?? "");
  switch (Type) {
    case "KEY_ONLY":
      return tags.some((tag) => tag.Key === Key);
    case "VALUE_ONLY":
      return tags.some(hasValue);
    default:
      return tags.some((tag) => tag.Key === Key && hasValue(tag));
  }
}

/** Walks both texts once, going back only to the last star: a pattern of many stars, made to be slow, is not. */
function matchesPattern(pattern: string, text: string): boolean {
  let [at, position] = [0, 0];
  let star: { readonly at: number; readonly position: number } | undefined;
  while (position < text.length) {
    if (pattern[at] === "*") {
      star = { at, position };
      at += 1;
    } else if (pattern[at] === "?" || pattern[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star === undefined) return false;
    else {
      star = { at: star.at, position: star.position + 1 };
      at = star.at + 1;
      position = star.position;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
