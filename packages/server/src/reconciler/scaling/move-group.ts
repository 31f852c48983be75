import type { EffectOf } from "@sluice/engine";
import { finished, outcomeOfError, type EffectOutcome } from "../../gateways/outcome.ts";
import type { DeploymentGroup, GroupSettings } from "../../store/deployment-groups.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { type HookContext, syncHooks } from "./managed-hooks.ts";

/**
 * After a blue/green deployment the replacement is the group's fleet: its selectors and hooks move there
 * (deployments.md §7.2 step 10).
 */
export async function moveGroup(
  context: HookContext,
  { groupId, request }: DeploymentRecord,
  { to }: EffectOf<"move deployment group">,
): Promise<EffectOutcome> {
  const { store } = context;
  const group = store.groups.byId(groupId);
  if (group === undefined) return finished();
  const settings = to.length > 0 ? onScalingGroups(group.settings, to) : onTargets(group, request.targetInstances);
  try {
    const left = await syncHooks(context, { ...group, settings });
    await store.write(() => store.groups.change(group.id, group.name, settings));
    const remarks = left.map(({ name, scalingGroup, why }) => `The hook ${name} is still on ${scalingGroup}: ${why}`);
    return finished(remarks.length === 0 ? undefined : { remarks });
  } catch (error) {
    return outcomeOfError(error);
  }
}

const onScalingGroups = (settings: GroupSettings, autoScalingGroups: readonly string[]): GroupSettings => ({
  ...settings,
  autoScalingGroups,
});

/**
 * The tag filters and Auto Scaling groups that selected the replacement instances become the group's selectors
 * (inferred).
 */
function onTargets(
  { settings }: DeploymentGroup,
  found: DeploymentRecord["request"]["targetInstances"],
): GroupSettings {
  if (found === undefined) return settings;
  const { ec2TagFilters: _flat, ec2TagSet: _sets, ...others } = settings;
  const sets = found.ec2TagSet?.ec2TagSetList;
  return {
    ...others,
    autoScalingGroups: found.autoScalingGroups ?? [],
    ...(sets === undefined ? { ec2TagFilters: found.tagFilters ?? [] } : { ec2TagSet: sets }),
  };
}
