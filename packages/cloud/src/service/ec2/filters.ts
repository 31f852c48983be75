import type { Filter } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { fits, type Pattern, readPattern } from "@sluice/aws-protocol/wildcards";

/** The fields that filters can name, each with the values that a thing has there. */
export type FilterFields<Thing> = Readonly<Record<string, (thing: Thing) => readonly (string | undefined)[]>>;

/** A tag as it is stored. */
export interface KeptTag {
  readonly Key: string;
  readonly Value: string;
}

/** Values that one filter may have: EC2's own limit. */
const valuesMax = 200;

/** Characters of a filter's value: tags' values have at most 256, other names are shorter, and escapes double them. */
const valueLengthMax = 1_024;

/** Returns the things that match every filter, each by one of its values. Throws a Fault for a filter that is not known. */
export function matching<Thing>(
  things: readonly Thing[],
  filters: readonly Filter[],
  { fields, tagsOf = () => [] }: { fields: FilterFields<Thing>; tagsOf?: (thing: Thing) => readonly KeptTag[] },
): readonly Thing[] {
  const tests = filters.map(({ Name = "", Values = [] }) => {
    if (Values.length > valuesMax)
      throw new Fault(
        "FilterLimitExceeded",
        `The filter '${Name}' has ${Values.length} values; at most ${valuesMax} are allowed`,
      );
    const valuesOf = tagField(Name, tagsOf) ?? (Object.hasOwn(fields, Name) ? fields[Name] : undefined);
    if (valuesOf === undefined) throw new Fault("InvalidParameterValue", `The filter '${Name}' is invalid`);
    const patterns = Values.map(readFilterValue);
    return (thing: Thing) =>
      valuesOf(thing).some((value) => value !== undefined && patterns.some((pattern) => fits(value, pattern)));
  });
  return things.filter((thing) => tests.every((test) => test(thing)));
}

function tagField<Thing>(
  name: string,
  tagsOf: (thing: Thing) => readonly KeptTag[],
): ((thing: Thing) => readonly string[]) | undefined {
  if (name.startsWith("tag:"))
    return (thing) =>
      tagsOf(thing)
        .filter(({ Key }) => Key === name.slice(4))
        .map(({ Value }) => Value);
  if (name === "tag-key") return (thing) => tagsOf(thing).map(({ Key }) => Key);
  if (name === "tag-value") return (thing) => tagsOf(thing).map(({ Value }) => Value);
  return undefined;
}

/** `*` stands for any text and `?` for one character; after a backslash both stand for themselves. */
function readFilterValue(value: string): Pattern {
  if (value.length > valueLengthMax)
    throw new Fault("InvalidParameterValue", `A filter's value has at most ${valueLengthMax} characters`);
  return readPattern(value, { hasOneCharacter: true, hasEscapes: true });
}
