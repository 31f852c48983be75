import { readFileSync } from "node:fs";
import { type IamContext, noSuch } from "../context.ts";
import type { IamRecords, ManagedPolicy, PolicyVersion } from "../records.ts";

interface AwsPolicy {
  readonly path: string;
  readonly version: string;
  readonly created: string;
  readonly updated: string;
  readonly document: object;
}

let awsPolicies: ReadonlyMap<string, ManagedPolicy> | undefined;

/** Those of AWS's own policies that deploying touches, by ARN, with the documents that AWS published. */
export function policiesOfAws(): ReadonlyMap<string, ManagedPolicy> {
  if (awsPolicies !== undefined) return awsPolicies;
  const text = readFileSync(new URL("aws-policies.json", import.meta.url), "utf8");
  const policies = JSON.parse(text) as Readonly<Record<string, AwsPolicy>>; // a file of ours
  const read = Object.entries(policies).map(([name, policy], index): ManagedPolicy => {
    const { path, version, created, updated, document } = policy;
    const current: PolicyVersion = {
      id: version,
      document: JSON.stringify(document, null, 2),
      createdAt: Date.parse(updated),
    };
    return {
      id: `ANPA${String(index).padStart(17, "A")}`,
      name,
      path,
      arn: `arn:aws:iam::aws:policy${path}${name}`,
      createdAt: Date.parse(created),
      updatedAt: Date.parse(updated),
      tags: [],
      defaultVersion: version,
      versions: [current],
      versionsMade: Number(version.slice(1)),
    };
  });
  awsPolicies = new Map(read.map((policy) => [policy.arn, policy]));
  return awsPolicies;
}

/** Returns the managed policy of an ARN, AWS's or this account's. */
export function findPolicy(records: IamRecords, arn: string): ManagedPolicy | undefined {
  const own = records.find("policy", arn.slice(arn.lastIndexOf("/") + 1));
  return own?.arn === arn ? own : policiesOfAws().get(arn);
}

/** Returns the managed policy of an ARN; throws a Fault when there is none. */
export function policyOf({ records }: IamContext, arn = ""): ManagedPolicy {
  const policy = findPolicy(records, arn);
  if (policy === undefined) throw noSuch(`Policy ${arn} was not found.`);
  return policy;
}

/** Returns a version of a policy: the default one unless another is named. */
export function versionOf(policy: ManagedPolicy, id = policy.defaultVersion): PolicyVersion {
  const version = policy.versions.find((found) => found.id === id);
  if (version === undefined) throw noSuch(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return version;
}
