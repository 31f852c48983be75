import { missing, surplus, zoneOutOfBalance } from "./capacity.ts";
import { type Group, isSuspended, type Member } from "./group.ts";
import { atTime, type HookAction, type Transition } from "./hook.ts";

/** What a decision may depend on beside the group. */
export interface Facts {
  readonly now: number;
  /** The state of an instance in EC2; undefined when EC2 knows nothing of it. */
  readonly ec2State: (instanceId: string) => string | undefined;
  /** Whether a traffic source still sends the instance what it had begun. */
  readonly isDraining: (member: Member) => boolean;
  /** Whether a traffic source finds the instance unhealthy. */
  readonly failsTraffic: (member: Member) => boolean;
  /** How long an instance may need before load balancers judge it, in milliseconds. */
  readonly graceMilliseconds: number;
}

/** One thing to do for a group. */
export type Step =
  | { readonly do: "hold"; readonly id: string; readonly transition: Transition }
  | { readonly do: "settle hooks"; readonly id: string; readonly actions: readonly HookAction[] }
  | { readonly do: "proceed"; readonly id: string }
  | { readonly do: "enter service"; readonly id: string }
  | { readonly do: "give up"; readonly id: string; /** Absent when it has ended by itself. */ readonly why?: string }
  | { readonly do: "take out"; readonly id: string; readonly why: Removal }
  | { readonly do: "end instance"; readonly id: string }
  | { readonly do: "forget"; readonly id: string }
  | { readonly do: "stand by"; readonly id: string }
  | { readonly do: "detach"; readonly id: string }
  | { readonly do: "mark unhealthy"; readonly id: string; readonly because: "EC2" | "ELB" }
  | { readonly do: "launch"; readonly subnetIds: readonly string[]; readonly why: "capacity" | "balance" }
  | { readonly do: "delete group" };

/** Why an instance is taken out of service. */
export type Removal = "capacity" | "EC2" | "ELB" | "user" | "group";

/** What is to be done for a group now. Nothing means that it waits: for EC2, for a hook, for draining, or for a user. */
export function decide(group: Group, facts: Facts): readonly Step[] {
  const moves = group.members.flatMap((member) => nextMove(group, member, facts) ?? []);
  if (moves.length > 0) return moves;
  if (group.isGoing === true) return group.members.length === 0 ? [{ do: "delete group" }] : [];
  const ailing = group.members.flatMap((member) => judge(group, member, facts) ?? []);
  if (ailing.length > 0) return ailing;
  return fill(group, facts);
}

function nextMove(group: Group, member: Member, facts: Facts): Step | undefined {
  const { id, state } = member;
  const ec2State = facts.ec2State(id);
  const isGone = ec2State === undefined || ec2State === "terminated" || ec2State === "shutting-down";
  switch (state) {
    case "Pending":
      if (isGone) return { do: "give up", id };
      if (ec2State !== "running") return undefined;
      return holds(group, member, "autoscaling:EC2_INSTANCE_LAUNCHING") ?? { do: "enter service", id };
    case "Pending:Wait":
      if (isGone) return { do: "give up", id };
      return settled(member, facts, (abandoned) =>
        abandoned === undefined
          ? { do: "proceed", id }
          : {
              do: "give up",
              id,
              why: `Lifecycle Action with token ${abandoned.token} was abandoned: ${abandoned.why}`,
            },
      );
    case "Pending:Proceed":
      return { do: "enter service", id };
    case "Terminating":
      if (facts.isDraining(member) && !isGone && group.isGoing !== true) return undefined;
      return isGone || group.isGoing === true || member.inServiceAt === undefined
        ? { do: "proceed", id }
        : (holds(group, member, "autoscaling:EC2_INSTANCE_TERMINATING") ?? { do: "proceed", id });
    case "Terminating:Wait":
      // Both results end in termination.
      return isGone || group.isGoing === true
        ? { do: "proceed", id }
        : settled(member, facts, () => ({ do: "proceed", id }));
    case "Terminating:Proceed":
      if (ec2State === undefined || ec2State === "terminated") return { do: "forget", id };
      return ec2State === "shutting-down" ? undefined : { do: "end instance", id };
    case "EnteringStandby":
      return facts.isDraining(member) ? undefined : { do: "stand by", id };
    case "Detaching":
      return facts.isDraining(member) ? undefined : { do: "detach", id };
    default:
      // A group that is deleted with its instances asks neither hooks nor suspended processes.
      return group.isGoing === true ? { do: "take out", id, why: "group" } : undefined;
  }
}

function holds({ hooks }: Group, { id, skipsHooks }: Member, transition: Transition): Step | undefined {
  const isHeld = hooks.some((hook) => hook.transition === transition);
  return isHeld && !(skipsHooks === true && transition === "autoscaling:EC2_INSTANCE_LAUNCHING")
    ? { do: "hold", id, transition }
    : undefined;
}

/** All hooks of a transition hold an instance at once: one that abandons ends the wait, else the last one does. */
function settled(
  { id, actions }: Member,
  { now }: Facts,
  next: (abandoned: HookAction | undefined) => Step,
): Step | undefined {
  const current = actions.map((action) => atTime(action, now));
  if (current.some((action, index) => action !== actions[index])) return { do: "settle hooks", id, actions: current };
  const abandoned = current.find(({ result }) => result === "ABANDON");
  return abandoned !== undefined || current.every(({ result }) => result === "CONTINUE") ? next(abandoned) : undefined;
}

function judge(group: Group, member: Member, facts: Facts): Step | undefined {
  const { id, state, health, unhealthyBecause, inServiceAt = facts.now } = member;
  if (state !== "InService") return undefined;
  if (health === "Unhealthy")
    return isSuspended(group, "ReplaceUnhealthy") || isSuspended(group, "Terminate")
      ? undefined
      : { do: "take out", id, why: unhealthyBecause ?? "user" };
  if (isSuspended(group, "HealthCheck")) return undefined;
  if (facts.ec2State(id) !== "running") return { do: "mark unhealthy", id, because: "EC2" };
  const isJudged = group.healthCheckType.includes("ELB") && facts.now >= inServiceAt + facts.graceMilliseconds;
  return isJudged && facts.failsTraffic(member) ? { do: "mark unhealthy", id, because: "ELB" } : undefined;
}

function fill(group: Group, { now }: Facts): readonly Step[] {
  const subnetIds = missing(group);
  if (subnetIds.length > 0)
    return isSuspended(group, "Launch") || now < (group.launchAgainAt ?? 0)
      ? []
      : [{ do: "launch", subnetIds, why: "capacity" }];
  const leaving = surplus(group);
  if (leaving.length > 0)
    return isSuspended(group, "Terminate") ? [] : leaving.map(({ id }) => ({ do: "take out", id, why: "capacity" }));
  const zone = isSuspended(group, "AZRebalance") || isSuspended(group, "Launch") ? undefined : zoneOutOfBalance(group);
  return zone === undefined || now < (group.launchAgainAt ?? 0)
    ? []
    : [{ do: "launch", subnetIds: [zone], why: "balance" }];
}
