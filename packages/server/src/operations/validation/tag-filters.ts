import type { EC2TagFilter, TagFilter } from "@aws-sdk/client-codedeploy";
import { quotas, tagKeyCharactersMax, tagValueCharactersMax } from "../../limits.ts";
import { fault } from "../../faults.ts";
import { valuesForKeyOnly } from "./aws-texts.ts";

/** A filter for tags of EC2 or on-premises instances. */
export type AnyTagFilter = EC2TagFilter | TagFilter;

/** Checks one tag filter, and returns it with its type. Each member with filters has its own fault (api.md §3.2). */
export function checkTagFilter(faultName: string, { Key, Value, Type }: AnyTagFilter): AnyTagFilter {
  const refuse = (message: string) => fault(faultName, message);
  const type = Type ?? typeMeant(Key, Value);
  if (type !== "KEY_AND_VALUE" && type !== "KEY_ONLY" && type !== "VALUE_ONLY")
    throw refuse(`The type "${type.slice(0, 120)}" of a tag filter is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE`);
  if (type === "KEY_ONLY" && Value !== undefined) throw refuse(valuesForKeyOnly);
  if (type === "VALUE_ONLY" && Key !== undefined) throw refuse("Keys must not be provided for value-only filters.");
  if (type !== "VALUE_ONLY" && (Key ?? "") === "") throw refuse(`A filter of type ${type} must have a key`);
  if (type !== "KEY_ONLY" && Value === undefined) throw refuse(`A filter of type ${type} must have a value`);
  if ((Key ?? "").length > tagKeyCharactersMax || (Value ?? "").length > tagValueCharactersMax)
    throw refuse(`A key may have up to ${tagKeyCharactersMax} characters, and a value up to ${tagValueCharactersMax}`);
  return { Key, Value, Type: type };
}

/** Checks the filters of one family of a group: a flat list, or a set of lists. */
export function checkTagFilters(
  faultName: string,
  flat: readonly AnyTagFilter[] | undefined,
  sets: readonly (readonly AnyTagFilter[])[] | undefined,
  tooManySets = "TagSetListLimitExceeded",
): void {
  const { tagSetsPerGroup, tagsPerSet } = quotas;
  if ((sets?.length ?? 0) > tagSetsPerGroup)
    throw fault(tooManySets, `There are ${sets?.length} tag groups, and at most ${tagSetsPerGroup} are allowed`);
  for (const list of [flat ?? [], ...(sets ?? [])]) {
    if (list.length > tagsPerSet)
      throw fault(faultName, `There are ${list.length} tags in a tag group, and at most ${tagsPerSet} are allowed`);
    for (const filter of list) checkTagFilter(faultName, filter);
  }
  if (sets?.some((list) => list.length === 0)) throw fault(faultName, "A tag group of a tag set is empty");
}

function typeMeant(key: string | undefined, value: string | undefined): string {
  if (value === undefined && key !== undefined) return "KEY_ONLY";
  return key === undefined && value !== undefined ? "VALUE_ONLY" : "KEY_AND_VALUE";
}
