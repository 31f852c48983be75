import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { BalancedInstances } from "../balanced-instances.ts";
import type { TargetGroupRecord, TargetRecord } from "./records.ts";

const descriptions = {
  "Elb.RegistrationInProgress": "Target registration is in progress",
  "Elb.InitialHealthChecking": "Initial health checks in progress",
  "Target.DeregistrationInProgress": "Target deregistration is in progress",
  "Target.FailedHealthChecks": "Health checks failed",
  "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
  "Target.NotRegistered": "Target is not registered to the target group",
} as const;

/** What else decides the state of a target. */
interface TargetContext {
  /** Whether a listener sends traffic to the group. */
  readonly isUsed: boolean;
  readonly instance: ReturnType<BalancedInstances["find"]>;
  readonly group: Pick<TargetGroupRecord, "targetType">;
}

/** Returns the state of a target in AWS's words, with its reason. */
export function stateOf(
  { drainsUntil, health }: TargetRecord,
  { isUsed, instance, group }: TargetContext,
): TargetHealth {
  if (drainsUntil !== undefined) return because("draining", "Target.DeregistrationInProgress");
  if (!isUsed) return because("unused", "Target.NotInUse");
  if (group.targetType === "instance" && instance?.state !== "running")
    return {
      State: "unused",
      Reason: "Target.InvalidState",
      Description: `Target is in the ${instance?.state ?? "terminated"} state`,
    };
  if (health.state === "healthy") return { State: "healthy" };
  if (health.state === "initial")
    return because("initial", health.failures > 0 ? "Elb.InitialHealthChecking" : "Elb.RegistrationInProgress");
  const { reason = "Target.FailedHealthChecks", description = descriptions["Target.FailedHealthChecks"] } =
    health.trouble ?? {};
  return { State: "unhealthy", Reason: reason as NonNullable<TargetHealth["Reason"]>, Description: description }; // the checks give AWS's reasons
}

/** The state of a target that is not registered. */
export const notRegistered: TargetHealth = because("unused", "Target.NotRegistered");

function because(State: NonNullable<TargetHealth["State"]>, Reason: keyof typeof descriptions): TargetHealth {
  return { State, Reason, Description: descriptions[Reason] };
}
