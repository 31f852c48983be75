import type { Tag } from "@aws-sdk/client-codedeploy";
import { fault } from "../faults.ts";

const tagsMax = 50;
const keyCharactersMax = 128;
const valueCharactersMax = 256;

/** Checks the tags that a resource is created with (api.md §5). */
export function checkTags(tags: readonly Tag[]): void {
  const refuse = (found: string) =>
    fault(
      "InvalidTagsToAdd",
      `${found}: at most ${tagsMax} tags with different keys of 1 to ${keyCharactersMax} characters and values of up to ${valueCharactersMax} are allowed`,
    );
  if (tags.length > tagsMax) throw refuse(`${tags.length} tags`);
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw refuse("A key occurs twice");
  for (const { Key = "", Value = "" } of tags)
    if (Key.length === 0 || Key.length > keyCharactersMax || Value.length > valueCharactersMax)
      throw refuse(`Tag "${Key.slice(0, keyCharactersMax)}"`);
}
