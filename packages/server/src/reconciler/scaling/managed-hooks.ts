import type { Clients } from "../../gateways/clients.ts";
import type { Gateways } from "../../gateways/gateways.ts";
import { deleteHook, hookName, hooksOf, putHook, type Transition } from "../../gateways/lifecycle-hooks.ts";
import { newId } from "../../random.ts";
import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import type { Store } from "../../store/index.ts";
import type { ScalingHook } from "../../store/scaling-hooks.ts";

/** A hook that could not be removed, and why. */
export interface LeftHook extends ScalingHook {
  readonly why: string;
}

export interface HookContext {
  readonly store: Store;
  readonly gateways: Gateways;
}

/**
 * Installs the hooks that a deployment group must have on its Auto Scaling groups, also where one has been removed, and
 * removes those that it no longer needs. Throws when one cannot be installed. Returns those that could not be removed
 * (deployments.md §6.1, §6.6).
 */
export function syncHooks(
  context: HookContext,
  group: DeploymentGroup,
  scalingGroups: readonly string[] = group.settings.autoScalingGroups ?? [],
): Promise<readonly LeftHook[]> {
  return inTurn(group.id, () => sync(context, group, scalingGroups));
}

/**
 * Changes of hooks, by deployment group. They run one after the other, or two of them would each install what is
 * missing.
 */
const underWay = new Map<string, Promise<unknown>>();

function inTurn<Result>(groupId: string, work: () => Promise<Result>): Promise<Result> {
  const turn = (underWay.get(groupId) ?? Promise.resolve()).then(work, work);
  underWay.set(groupId, turn);
  const over = () => void (underWay.get(groupId) === turn && underWay.delete(groupId));
  turn.then(over, over);
  return turn;
}

async function sync(
  { store, gateways }: HookContext,
  group: DeploymentGroup,
  scalingGroups: readonly string[],
): Promise<readonly LeftHook[]> {
  const transitions: readonly Transition[] = group.settings.terminationHookEnabled
    ? ["launch", "termination"]
    : ["launch"];
  const wanted = scalingGroups.flatMap((scalingGroup) =>
    transitions.map((transition) => ({ scalingGroup, transition })),
  );
  const recorded = store.scaling.of(group.id);
  const clients = gateways.as(group.settings.serviceRoleArn);
  const isSame = (a: Omit<ScalingHook, "groupId" | "name">, b: Omit<ScalingHook, "groupId" | "name">) =>
    a.scalingGroup === b.scalingGroup && a.transition === b.transition;
  for (const want of wanted) {
    const installed = recorded.find((hook) => isSame(hook, want));
    // A hook that is installed stays: removing it would abandon the instances that wait for it.
    if (installed !== undefined && (await hooksOf(clients, want.scalingGroup)).includes(installed.name)) continue;
    await install({ store, clients }, newHook(group, want), installed);
  }
  const left: LeftHook[] = [];
  for (const hook of recorded.filter((one) => !wanted.some((want) => isSame(one, want)))) {
    try {
      await deleteHook(clients, hook);
      await store.write(() => store.scaling.remove(hook));
    } catch (error) {
      left.push({ ...hook, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return left;
}

/**
 * Records a hook before installing it, so that a crash leaves no unknown hook. If it cannot be installed, the former
 * record is restored.
 */
async function install(
  { store, clients }: { readonly store: Store; readonly clients: Clients },
  hook: ScalingHook,
  before: ScalingHook | undefined,
): Promise<void> {
  try {
    await store.write(() => store.scaling.add(hook));
    await putHook(clients, hook, hook.groupId);
  } catch (error) {
    await store.write(() => (before === undefined ? store.scaling.remove(hook) : store.scaling.add(before)));
    throw error;
  }
}

/** Each installation of a hook has a new name, as on AWS (deployments.md §6.1 rule 1). */
const newHook = (
  { id, name }: DeploymentGroup,
  want: Pick<ScalingHook, "scalingGroup" | "transition">,
): ScalingHook => ({
  ...want,
  groupId: id,
  name: hookName(want.transition, name, newId()),
});

/**
 * Replaces hooks that have been removed by someone else: without them, new instances would silently serve without the
 * application (deployments.md §6.6 rule 4). Returns those that were missing.
 */
export async function restoreHooks({ store, gateways }: HookContext): Promise<readonly ScalingHook[]> {
  const restored: ScalingHook[] = [];
  for (const hook of store.scaling.all())
    if (await inTurn(hook.groupId, () => restore({ store, gateways }, hook))) restored.push(hook);
  return restored;
}

/** Returns whether a hook was missing and has been replaced. */
async function restore({ store, gateways }: HookContext, hook: ScalingHook): Promise<boolean> {
  const group = store.groups.byId(hook.groupId);
  if (group === undefined) return false;
  const clients = gateways.as(group.settings.serviceRoleArn);
  const names = await hooksOf(clients, hook.scalingGroup).catch(() => undefined); // the group may be gone, or the call refused: the next run tries again
  if (names === undefined || names.includes(hook.name)) return false;
  const renewed = newHook(group, hook);
  // Recorded first: after a crash in between it is missing again, and no unknown hook is left.
  const isWanted = await store.write(() => {
    const isStillWanted = store.scaling.of(hook.groupId).some(({ name }) => name === hook.name);
    if (isStillWanted) store.scaling.add(renewed);
    return isStillWanted;
  });
  if (!isWanted) return false; // the deployment group has removed it in the meantime
  await putHook(clients, renewed, group.id);
  return true;
}
