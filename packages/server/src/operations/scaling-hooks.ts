import type { Fault } from "@sluice/aws-protocol";
import { fault } from "../faults.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Context } from "./context.ts";

/**
 * Installs the hooks of a group that has been created or changed, and returns those that could not be removed. When one
 * cannot be installed, the hooks on the former Auto Scaling groups stay, `undo` reverts the change, and the fault gives
 * the reason.
 */
export async function installHooks(
  context: Context,
  group: DeploymentGroup,
  { before, undo }: { readonly before: readonly string[]; readonly undo: () => void },
) {
  try {
    return hooksLeft(await context.syncHooks(group));
  } catch (error) {
    await removeHooks(context, group, before); // while the store still has the group's hooks
    await context.store.write(undo);
    throw faultOf(error, group);
  }
}

/**
 * Removes the hooks of a group from its Auto Scaling groups, apart from those of `except`, and returns those that could
 * not be removed.
 */
export async function removeHooks(context: Context, group: DeploymentGroup, except: readonly string[] = []) {
  try {
    return hooksLeft(await context.syncHooks(group, except));
  } catch {
    // The periodic check of hooks finds what could not be restored.
    return hooksLeft(context.store.scaling.of(group.id));
  }
}

const hooksLeft = (hooks: readonly { readonly scalingGroup: string; readonly name: string }[]) =>
  hooks.map(({ scalingGroup, name }) => ({ name: scalingGroup, hook: name }));

/** Returns the fault for Auto Scaling's error (api.md §2.6). */
function faultOf(error: unknown, { name, settings }: DeploymentGroup): Fault {
  const { name: code, message } = error instanceof Error ? error : new Error(String(error));
  const about = `the lifecycle hook of the deployment group "${name}": ${message}`;
  if (/LimitExceeded/.test(code)) return fault("LifecycleHookLimitExceeded", `Cannot install ${about}`);
  if (/AccessDenied|Unauthorized|InvalidClientTokenId/.test(code))
    return fault("InvalidRole", `The role ${settings.serviceRoleArn} cannot install ${about}`);
  if (/Throttl|RequestLimitExceeded/.test(code)) return fault("Throttling", `Cannot install ${about}`);
  return fault("InvalidAutoScalingGroup", `Cannot install ${about}`);
}
