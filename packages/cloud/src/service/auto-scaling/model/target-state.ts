import type { LifecycleState } from "@aws-sdk/client-auto-scaling";
import type { Group, Member } from "./group.ts";

/** Returns the state that an instance is in or on its way to, as its metadata shows it (`autoscaling/target-lifecycle-state`). */
export function targetState({ warmPool }: Pick<Group, "warmPool">, { state }: Pick<Member, "state">): LifecycleState {
  if (state.startsWith("Warmed:Terminat")) return "Warmed:Terminated";
  if (state.startsWith("Warmed:Pending")) return `Warmed:${warmPool?.state ?? "Stopped"}`;
  if (state.startsWith("Terminat")) return "Terminated";
  if (state.startsWith("Pending")) return "InService";
  if (state === "EnteringStandby") return "Standby";
  return state === "Detaching" ? "Detached" : state;
}
