import type { InstanceRecord } from "./instance-record.ts";

/** An instance profile, as far as EC2 needs it. */
export interface InstanceProfile {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  /** The role whose credentials its instances get; absent before one was added. */
  readonly roleName?: string | undefined;
  readonly roleArn?: string | undefined;
  /** The role's unique id: what its credentials are bound to. */
  readonly roleId?: string | undefined;
}

/** Looks up instance profiles, which IAM keeps. */
export interface InstanceProfiles {
  find(name: string): InstanceProfile | undefined;
}

/** The profile of instances that are launched without one. Unlike AWS, they have a role then: a first try needs no IAM. */
export function defaultProfile(accountId: string): InstanceProfile & { readonly roleName: string } {
  const name = "sluice-instance";
  return {
    name,
    arn: `arn:aws:iam::${accountId}:instance-profile/${name}`,
    id: "AIPA0000000000000000",
    roleName: name,
  };
}

/** Returns the profile that an instance was launched with, as it is now, or undefined when it is gone, even if another one has its name. */
export function profileOfInstance(
  profiles: InstanceProfiles,
  { instanceProfile: name, instanceProfileId: id }: Pick<InstanceRecord, "instanceProfile" | "instanceProfileId">,
): InstanceProfile | undefined {
  const found = profiles.find(name ?? "");
  return id === undefined || id === found?.id ? found : undefined;
}

/** Returns the name in the ARN of an instance profile, which may have a path; undefined for other ARNs. */
export function profileNameOf(arn: string): string | undefined {
  return /^arn:aws[a-z-]*:iam::\d{12}:instance-profile\/(?:[!-~]+\/)?([\w+=,.@-]+)$/.exec(arn)?.[1];
}
