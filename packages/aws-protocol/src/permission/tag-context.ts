import type { Access } from "./permission.ts";

/** Tags as services keep them: a list, or texts by key. */
export type Tags =
  | readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]
  | Readonly<Record<string, string>>;

type Context = NonNullable<Access["context"]>;

/** The tags that a resource has, as conditions ask for them: by `aws:ResourceTag/KEY`, and by the service's own older name. */
export function resourceTags(tags: Tags | undefined, prefix?: string): Context {
  return Object.fromEntries(
    pairs(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      ...(prefix === undefined ? [] : [[`${prefix}/${key}`, value]]),
    ]),
  );
}

/** The tags that a request puts on, or whose keys it takes off, as conditions ask for them. */
export function requestTags(tags: Tags | undefined, keys: readonly string[] = []): Context {
  const found = pairs(tags);
  return {
    "aws:TagKeys": [...new Set([...found.map(([key]) => key), ...keys])],
    ...Object.fromEntries(found.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}

/** What a request makes, with the tags that it puts on: they need the operation that puts tags on as well, of which a Deny counts. */
export const withTags = (made: Access, action: string, tags: unknown): readonly Access[] =>
  Array.isArray(tags) && tags.length > 0 ? [made, { ...made, action, isOpen: true }] : [made];

function pairs(tags: Tags = []): readonly (readonly [string, string])[] {
  if (isList(tags)) return tags.map(({ Key = "", Value = "" }) => [Key, Value]);
  return Object.entries(tags);
}

const isList = (tags: Tags): tags is Exclude<Tags, Readonly<Record<string, string>>> => Array.isArray(tags);
