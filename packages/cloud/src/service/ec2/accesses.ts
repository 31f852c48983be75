import type { Access } from "@sluice/aws-protocol";
import { type InstanceProfiles, profileNameOf } from "./instance-profiles.ts";

interface Input {
  readonly IamInstanceProfile?: { readonly Name?: string; readonly Arn?: string } | string;
  readonly LaunchTemplateData?: { readonly IamInstanceProfile?: { readonly Name?: string; readonly Arn?: string } };
}

/** What a request does beside its own action: who gives instances a role must be allowed to pass that role on. Unlike AWS (decision 011): a launch template is judged when it is written, not each time it is used. */
export function launchAccesses(
  profiles: InstanceProfiles,
  decoded: Readonly<Record<string, unknown>>,
): readonly Access[] {
  const { IamInstanceProfile, LaunchTemplateData } = decoded as Input; // decoded by the service's own table
  const found = IamInstanceProfile ?? LaunchTemplateData?.IamInstanceProfile ?? {};
  const { Name, Arn } = named(found);
  const role = profiles.find(Name ?? profileNameOf(Arn ?? "") ?? "")?.roleArn;
  if (role === undefined) return [{}];
  return [{}, { action: "iam:PassRole", resource: role, context: { "iam:PassedToService": "ec2.amazonaws.com" } }];
}

/** Launch configurations name a profile in one text, by its name or its ARN. */
function named(found: NonNullable<Input["IamInstanceProfile"]>): { readonly Name?: string; readonly Arn?: string } {
  if (typeof found !== "string") return found;
  return found.startsWith("arn:") ? { Arn: found } : { Name: found };
}
