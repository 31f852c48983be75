import type { Filter } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { type InstanceRecord, stateCodes } from "./instance-record.ts";
import { vpc } from "./network.ts";

/** What a filter looks at, by its name. */
const fields: Readonly<Record<string, (instance: InstanceRecord) => readonly string[]>> = {
  "availability-zone": ({ availabilityZone }) => [availabilityZone],
  "client-token": ({ clientToken }) => [clientToken],
  "image-id": ({ imageId }) => [imageId],
  "instance-id": ({ id }) => [id],
  "instance-state-code": ({ state }) => [String(stateCodes[state])],
  "instance-state-name": ({ state }) => [state],
  "instance-type": ({ instanceType }) => [instanceType],
  "key-name": ({ keyName }) => (keyName === undefined ? [] : [keyName]),
  "private-ip-address": ({ privateIp }) => [privateIp],
  "reservation-id": ({ reservationId }) => [reservationId],
  "subnet-id": ({ subnetId }) => [subnetId],
  "tag-key": ({ tags }) => tags.map(({ Key }) => Key),
  "tag-value": ({ tags }) => tags.map(({ Value }) => Value),
  "vpc-id": () => [vpc.id],
};

/** Values that one filter may have: EC2's own limit. */
const valuesMax = 200;

/** Whether an instance matches every filter, each by one of its values. A Fault for a filter that is not known. */
export function matchesFilters(instance: InstanceRecord, filters: readonly Filter[]): boolean {
  return filters.every(({ Name = "", Values = [] }) => {
    if (Values.length > valuesMax)
      throw new Fault(
        "FilterLimitExceeded",
        `The filter '${Name}' has ${Values.length} values; at most ${valuesMax} are allowed`,
      );
    const found = valuesOf(instance, Name);
    return Values.some((pattern) => found.some((value) => matchesPattern(value, pattern)));
  });
}

function valuesOf(instance: InstanceRecord, name: string): readonly string[] {
  if (name.startsWith("tag:"))
    return instance.tags.filter(({ Key }) => Key === name.slice(4)).map(({ Value }) => Value);
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw new Fault("InvalidParameterValue", `The filter '${name}' is invalid`);
  return field(instance);
}

/** `*` stands for any text and `?` for one character; a backslash takes their meaning away. */
function matchesPattern(value: string, pattern: string): boolean {
  if (!/[*?\\]/.test(pattern)) return value === pattern;
  const source = pattern.replaceAll(/\\(.)|[\s\S]/g, (character, escaped: string | undefined) => {
    if (escaped !== undefined) return RegExp.escape(escaped);
    return character === "*" ? "[\\s\\S]*?" : character === "?" ? "[\\s\\S]" : RegExp.escape(character);
  });
  return new RegExp(`^${source}$`).test(value);
}
