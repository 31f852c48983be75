import type { PutScalingPolicyCommandInput } from "@aws-sdk/client-auto-scaling";

/** A scaling policy as it is kept: AWS's own members. */
export interface Policy {
  /** The group and the policy's name. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly settings: Omit<PutScalingPolicyCommandInput, "AutoScalingGroupName" | "PolicyName">;
}
