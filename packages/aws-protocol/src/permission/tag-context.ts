import type { Access } from "./permission.ts";

/** Tags as services keep them: a list, or values by key. */
export type Tags =
  | readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]
  | Readonly<Record<string, string>>;

type Context = NonNullable<Access["context"]>;

/** Returns a resource's tags as condition keys: `aws:ResourceTag/KEY`, and the service's own older name for it. */
export function resourceTags(tags: Tags | undefined, prefix?: string): Context {
  return Object.fromEntries(
    pairs(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      ...(prefix === undefined ? [] : [[`${prefix}/${key}`, value]]),
    ]),
  );
}

/** Returns the tags that a request adds, or whose keys it removes, as condition keys. */
export function requestTags(tags: Tags | undefined, keys: readonly string[] = []): Context {
  const found = pairs(tags);
  return {
    "aws:TagKeys": [...new Set([...found.map(([key]) => key), ...keys])],
    ...Object.fromEntries(found.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}

/** Returns the accesses of a request that creates something with tags: a Deny of the tagging operation applies, too. */
export const withTags = (made: Access, action: string, tags: unknown): readonly Access[] =>
  Array.isArray(tags) && tags.length > 0 ? [made, { ...made, action, isOpen: true }] : [made];

function pairs(tags: Tags = []): readonly (readonly [string, string])[] {
  if (isList(tags)) return tags.map(({ Key = "", Value = "" }) => [Key, Value]);
  return Object.entries(tags);
}

const isList = (tags: Tags): tags is Exclude<Tags, Readonly<Record<string, string>>> => Array.isArray(tags);
