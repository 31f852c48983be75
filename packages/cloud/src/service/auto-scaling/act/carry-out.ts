import { randomUUID } from "node:crypto";
import { openTermination } from "./causes.ts";
import type { AutoScalingContext } from "../context.ts";
import type { Activity } from "../model/activities.ts";
import type { Removal, Decision } from "../decide/decide.ts";
import {
  following,
  type Group,
  isCounted,
  isSuspended,
  type Member,
  memberOf,
  terminatingState,
  withMember,
} from "../model/group.ts";
import { beginAction, type Transition } from "../model/hook.ts";
import { announceAction, notify } from "./notify.ts";
import { launch, whenToTryAgain } from "./launch.ts";
import { returnToPool, drawFromPool, restInPool } from "./keep-warm.ts";
import { activeRefresh, asRefreshed, withRefresh } from "../decide/refresh.ts";

/** Carries out one decision. Calls to other services come first and are idempotent: after a crash the same is decided again. */
export async function carryOut(context: AutoScalingContext, group: Group, decision: Decision): Promise<void> {
  const { groups, ec2 } = context;
  const { name } = group;
  switch (decision.do) {
    case "launch":
      return launch(context, group, decision);
    case "hold":
      return hold(context, group, decision);
    case "settle hooks":
      return groups.put(withMember(group, decision.id, (member) => ({ ...member, actions: decision.actions })));
    case "proceed":
      return move(context, group, decision.id, proceeding);
    case "enter service":
      return enterService(context, group, decision.id);
    case "give up":
      return giveUp(context, group, decision);
    case "take out":
      return takeOut(context, group, decision);
    case "end instance":
      return ec2.fleet.terminate(decision.id);
    case "forget":
      return forget(context, group, decision.id);
    case "stand by":
      finish(context, group, decision.id, { status: "Successful" });
      return move(context, group, decision.id, { state: "Standby" });
    case "detach":
      finish(context, group, decision.id, { status: "Successful" });
      dropTag(context, decision.id);
      return groups.put(without(group, decision.id));
    case "mark unhealthy":
      return move(context, group, decision.id, { health: "Unhealthy", unhealthyBecause: decision.because });
    case "draw":
      return drawFromPool(context, group, decision.id);
    case "stop instance":
      // Unlike AWS: hibernation does not keep an instance's memory here; it is stopped.
      return ec2.fleet.stop(decision.id);
    case "rest":
      return restInPool(context, group, decision.id);
    case "return":
      return returnToPool(context, group, decision.id);
    case "change refresh":
      return changeRefresh(context, group, decision);
    case "drop warm pool": {
      const { warmPool: _, ...others } = group;
      return groups.put(others);
    }
    case "delete group":
      return groups.delete(name);
  }
}

/** A refresh that succeeds gives the group its launch source. */
function changeRefresh(
  { groups }: AutoScalingContext,
  group: Group,
  { refreshId, change }: Decision & { readonly do: "change refresh" },
): void {
  const settled = change.status === "Successful" ? asRefreshed(group) : group;
  groups.put(withRefresh(settled, refreshId, change));
}

const without = (group: Group, id: string): Group => ({
  ...group,
  members: group.members.filter((member) => member.id !== id),
});

function move(
  { groups }: AutoScalingContext,
  group: Group,
  id: string,
  to: Partial<Member> | ((member: Member) => Partial<Member>),
): void {
  groups.put(withMember(group, id, (member) => ({ ...member, ...(typeof to === "function" ? to(member) : to) })));
}

const proceeding = ({ state }: Member): Partial<Member> => ({
  state: following(state).proceed,
  actions: [],
});

/** All hooks of a transition hold the instance at the same time, each with a token of its own. */
function hold(
  context: AutoScalingContext,
  group: Group,
  { id, transition }: { id: string; transition: Transition },
): void {
  const { groups, activities, clock, timeScale } = context;
  const hooks = group.hooks.filter((hook) => hook.transition === transition);
  const actions = hooks.map((hook) => beginAction(hook, { token: randomUUID(), now: clock(), timeScale }));
  const before = memberOf(group, id);
  groups.put(withMember(group, id, (member) => ({ ...member, state: following(member.state).wait, actions })));
  activities.change(group.name, before.activityId, { status: "MidLifecycleAction", progress: 40 });
  for (const action of actions) announceAction(context, group, { member: before, transition, action });
}

async function enterService(context: AutoScalingContext, group: Group, id: string): Promise<void> {
  const { trafficSources, groups, clock } = context;
  // While AddToLoadBalancer is suspended the instance is not registered, and resuming does not make up for it.
  if (!isSuspended(group, "AddToLoadBalancer"))
    for (const source of group.sources) await trafficSources.register(source, [id]);
  const current = groups.find(group.name);
  const member = current?.members.find((candidate) => candidate.id === id);
  if (current === undefined || member === undefined || !member.state.startsWith("Pending")) return;
  finish(context, current, id, { status: "Successful" });
  const { skipsHooks: _, activityId: __, ...kept } = member;
  groups.put(withMember(current, id, () => ({ ...kept, state: "InService", actions: [], inServiceAt: clock() })));
  notify(context, current, { event: "autoscaling:EC2_INSTANCE_LAUNCH", instanceId: id, activityId: member.activityId });
}

/** Terminates an instance that never came into service; its activity has failed. Termination hooks do not apply, as it has not served. */
function giveUp(context: AutoScalingContext, group: Group, { id, why }: { id: string; why?: string }): void {
  const { activityId: launchId } = memberOf(group, id);
  const reason = context.ec2.fleet.find(id)?.stateReason?.Message ?? "the instance has ended";
  if (why === undefined)
    finish(context, group, id, { status: "Failed", message: `Instance failed to launch: ${reason}` });
  else finish(context, group, id, { status: "Cancelled", message: why });
  notify(context, group, { event: "autoscaling:EC2_INSTANCE_LAUNCH_ERROR", instanceId: id, activityId: launchId });
  const activityId = openTermination(context, group, { id, why: "hook" });
  move(context, group, id, (member) => ({
    state: following(terminatingState(member)).proceed,
    actions: [],
    activityId,
  }));
  // As on AWS, an instance that a hook has abandoned is replaced at once. One that could not even boot would fail again at once.
  if (why === undefined)
    context.groups.change(group.name, (changed) => ({ ...changed, launchAgainAt: whenToTryAgain(context) }));
}

async function takeOut(
  context: AutoScalingContext,
  group: Group,
  { id, why }: { id: string; why: Removal },
): Promise<void> {
  for (const source of group.sources) await context.trafficSources.deregister(source, [id]);
  const current = context.groups.find(group.name);
  if (current?.members.some((member) => member.id === id) !== true) return;
  const activityId = openTermination(context, current, { id, why });
  move(context, current, id, (member) => ({ state: terminatingState(member), actions: [], activityId }));
  const refresh = activeRefresh(current);
  if (why === "refresh" && refresh !== undefined)
    context.groups.change(group.name, (changed) => withRefresh(changed, refresh.id, { progressAt: context.clock() }));
  // What users have asked for is the cause of each termination that follows from it.
  context.groups.change(group.name, (changed) =>
    changed.members.filter(isCounted).length > changed.desired ? changed : { ...changed, causes: [] },
  );
}

function forget(context: AutoScalingContext, group: Group, id: string): void {
  const { activityId } = memberOf(group, id);
  finish(context, group, id, { status: "Successful" });
  context.groups.put(without(group, id));
  notify(context, group, { event: "autoscaling:EC2_INSTANCE_TERMINATE", instanceId: id, activityId });
}

function finish(
  { activities, clock }: AutoScalingContext,
  group: Group,
  id: string,
  outcome: Pick<Activity, "status" | "message">,
): void {
  activities.change(group.name, memberOf(group, id).activityId, { ...outcome, endedAt: clock(), progress: 100 });
}

/** A detached instance no longer belongs to the group, so it loses the group's tag. */
function dropTag({ ec2 }: AutoScalingContext, id: string): void {
  const tags = ec2.fleet.find(id)?.tags.filter(({ Key }) => Key !== "aws:autoscaling:groupName");
  if (tags !== undefined) ec2.fleet.change(id, { tags });
}
