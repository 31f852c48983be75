import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import type { Records } from "../../../../store/records.ts";

/** AWS's own limit of the tags of one resource. */
const tagsMax = 50;

/** Operations on tags. */
export const tagOperations: LoadBalancingOperations = {
  AddTags({ records }, { ResourceArns = [], Tags = [] }) {
    for (const arn of ResourceArns) retag(records, arn, (tags) => mergeTags(tags, Tags));
  },

  RemoveTags({ records }, { ResourceArns = [], TagKeys = [] }) {
    for (const arn of ResourceArns)
      retag(records, arn, (tags) => tags.filter(({ Key = "" }) => !TagKeys.includes(Key)));
  },

  DescribeTags({ records }, { ResourceArns = [] }) {
    return {
      TagDescriptions: ResourceArns.map((arn) => {
        const { record } = taggedOf(records, arn);
        return { ResourceArn: arn, Tags: [...record.tags] };
      }),
    };
  },
};

/** Returns tags with others set over them. Throws a Fault for an invalid tag. */
export function mergeTags(tags: readonly Tag[], more: readonly Tag[]): readonly Tag[] {
  const keys = more.map(({ Key = "" }) => Key);
  if (new Set(keys).size < keys.length)
    throw new Fault("DuplicateTagKeys", `Tag key '${keys.find((key, at) => keys.indexOf(key) !== at)}' is duplicated`);
  for (const { Key = "", Value = "" } of more)
    if (Key === "" || Key.length > 128 || Value.length > 256 || Key.startsWith("aws:"))
      throw new Fault("ValidationError", `The tag '${Key.slice(0, 128)}' is not valid`);
  const merged = new Map([...tags, ...more].map(({ Key = "", Value = "" }) => [Key, Value]));
  if (merged.size > tagsMax) throw new Fault("TooManyTags", `A resource has at most ${tagsMax} tags`);
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
}

interface Tagged {
  readonly tags: readonly Tag[];
}

function retag(
  records: LoadBalancingContext["records"],
  arn: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): void {
  const { kind, record } = taggedOf(records, arn);
  kind.put(arn, { ...record, tags: change(record.tags) });
}

function taggedOf(
  { targetGroups, loadBalancers, listeners, rules }: LoadBalancingContext["records"],
  arn: string,
): { readonly kind: Records<Tagged>; readonly record: Tagged } {
  const kinds = {
    targetgroup: [targetGroups, "TargetGroupNotFound", "Target groups"],
    loadbalancer: [loadBalancers, "LoadBalancerNotFound", "Load balancers"],
    listener: [listeners, "ListenerNotFound", "Listeners"],
    "listener-rule": [rules, "RuleNotFound", "Rules"],
  } as const;
  const name = arn.split(":")[5]?.split("/")[0] ?? "";
  if (!Object.hasOwn(kinds, name)) throw new Fault("ValidationError", `'${arn}' is not a valid resource ARN`);
  const [kind, code, words] = kinds[name as keyof typeof kinds]; // looked up above
  const record = kind.find(arn);
  if (record === undefined) throw new Fault(code, `${words} '${arn}' not found`);
  return { kind, record };
}
