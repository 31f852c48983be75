import type { PutScalingPolicyCommandInput } from "@aws-sdk/client-auto-scaling";

/** A scaling policy as it is stored, in AWS's own members. */
export interface Policy {
  /** The names of the group and the policy. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly settings: Omit<PutScalingPolicyCommandInput, "AutoScalingGroupName" | "PolicyName">;
}
