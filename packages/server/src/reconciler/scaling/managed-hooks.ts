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

/** What hooks are kept with. */
export interface HookContext {
  readonly store: Store;
  readonly gateways: Gateways;
}

/** Installs the hooks that a deployment group has to have on its Auto Scaling groups, anew where somebody else has removed one, and removes those that it no longer has. Throws when one cannot be installed; gives those that could not be removed (deployments.md §6.1, §6.6). */
export function syncHooks(
  context: HookContext,
  group: DeploymentGroup,
  scalingGroups: readonly string[] = group.settings.autoScalingGroups ?? [],
): Promise<readonly LeftHook[]> {
  return inTurn(group.id, () => sync(context, group, scalingGroups));
}

/** What is done to the hooks of deployment groups, by group: one thing after the other, or two would each install what is missing. */
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
  const known = store.scaling.of(group.id);
  const clients = gateways.as(group.settings.serviceRoleArn);
  const isSame = (a: Omit<ScalingHook, "groupId" | "name">, b: Omit<ScalingHook, "groupId" | "name">) =>
    a.scalingGroup === b.scalingGroup && a.transition === b.transition;
  for (const want of wanted) {
    const installed = known.find((hook) => isSame(hook, want));
    // A hook that is in its place stays: to take it away would abandon the instances that it holds.
    if (installed !== undefined && (await hooksOf(clients, want.scalingGroup)).includes(installed.name)) continue;
    await install({ store, clients }, newHook(group, want), installed);
  }
  const left: LeftHook[] = [];
  for (const hook of known.filter((one) => !wanted.some((want) => isSame(one, want)))) {
    try {
      await deleteHook(clients, hook);
      await store.write(() => store.scaling.remove(hook));
    } catch (error) {
      left.push({ ...hook, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return left;
}

/** Puts a hook in the books first: a crash in between leaves none that nobody knows. One that cannot be installed leaves there what was. */
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

/** A hook that is installed has a name of its own each time, as on AWS (deployments.md §6.1 rule 1). */
const newHook = (
  { id, name }: DeploymentGroup,
  want: Pick<ScalingHook, "scalingGroup" | "transition">,
): ScalingHook => ({
  ...want,
  groupId: id,
  name: hookName(want.transition, name, newId()),
});

/** Replaces hooks that somebody else has removed: without them new instances would serve without software, silently (deployments.md §6.6 rule 4). Gives those that were missing. */
export async function restoreHooks({ store, gateways }: HookContext): Promise<readonly ScalingHook[]> {
  const restored: ScalingHook[] = [];
  for (const hook of store.scaling.all())
    if (await inTurn(hook.groupId, () => restore({ store, gateways }, hook))) restored.push(hook);
  return restored;
}

/** Whether a hook was missing, and is replaced. */
async function restore({ store, gateways }: HookContext, hook: ScalingHook): Promise<boolean> {
  const group = store.groups.byId(hook.groupId);
  if (group === undefined) return false;
  const clients = gateways.as(group.settings.serviceRoleArn);
  const names = await hooksOf(clients, hook.scalingGroup).catch(() => undefined); // the group may be gone, or the call refused: the next round looks again
  if (names === undefined || names.includes(hook.name)) return false;
  const renewed = newHook(group, hook);
  // In the books first: after a crash in between it is missing again, and no hook is left that nobody knows.
  const isWanted = await store.write(() => {
    const isStillWanted = store.scaling.of(hook.groupId).some(({ name }) => name === hook.name);
    if (isStillWanted) store.scaling.add(renewed);
    return isStillWanted;
  });
  if (!isWanted) return false; // the deployment group has let it go while we looked
  await putHook(clients, renewed, group.id);
  return true;
}
