import type { Fault } from "@sluice/aws-protocol";
import { fault } from "../faults.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Context } from "./context.ts";

/** Brings the hooks of a group that has been made or changed onto its Auto Scaling groups, and gives those that could not be removed. When one cannot be installed, those of the Auto Scaling groups that it had before stay, `undo` takes the change back, and the fault says why. */
export async function installHooks(
  context: Context,
  group: DeploymentGroup,
  { before, undo }: { readonly before: readonly string[]; readonly undo: () => void },
) {
  try {
    return hooksLeft(await context.syncHooks(group));
  } catch (error) {
    await removeHooks(context, group, before); // while the books still have the group's hooks
    await context.store.write(undo);
    throw faultOf(error, group);
  }
}

/** Takes the hooks of a group off its Auto Scaling groups, but for those of `except`, and gives those that could not be removed. */
export async function removeHooks(context: Context, group: DeploymentGroup, except: readonly string[] = []) {
  try {
    return hooksLeft(await context.syncHooks(group, except));
  } catch {
    // What could not be brought back is found by the round that looks after hooks.
    return hooksLeft(context.store.scaling.of(group.id));
  }
}

const hooksLeft = (hooks: readonly { readonly scalingGroup: string; readonly name: string }[]) =>
  hooks.map(({ scalingGroup, name }) => ({ name: scalingGroup, hook: name }));

/** What Auto Scaling's answer means for the group (api.md §2.6). */
function faultOf(error: unknown, { name, settings }: DeploymentGroup): Fault {
  const { name: code, message } = error instanceof Error ? error : new Error(String(error));
  const about = `the lifecycle hook of the deployment group "${name}": ${message}`;
  if (/LimitExceeded/.test(code)) return fault("LifecycleHookLimitExceeded", `Cannot install ${about}`);
  if (/AccessDenied|Unauthorized|InvalidClientTokenId/.test(code))
    return fault("InvalidRole", `The role ${settings.serviceRoleArn} cannot install ${about}`);
  if (/Throttl|RequestLimitExceeded/.test(code)) return fault("Throttling", `Cannot install ${about}`);
  return fault("InvalidAutoScalingGroup", `Cannot install ${about}`);
}
