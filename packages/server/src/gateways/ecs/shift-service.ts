import { type Checkpoint, type EffectOf, nextShiftInWords, percentDue, type TaskSetState } from "@sluice/engine";
import type { Clients } from "../clients.ts";
import { finished, refused, underWay, type EffectOutcome } from "../outcome.ts";
import { gone } from "./create-task-set.ts";
import { routeTraffic } from "./listeners.ts";
import { describeService, isAlive, makePrimary, taskSetStates } from "./service-state.ts";

type ShiftService = EffectOf<"shift service">;

/** Sends all traffic of a test listener to the replacement tasks (deployments.md §12.2, step 6). */
export async function routeTestTraffic(
  clients: Clients,
  { listener, pair }: EffectOf<"route test traffic">,
): Promise<EffectOutcome> {
  if (listener === undefined) return finished();
  const routing = { listener, pair, percent: 100, planned: [0, 100] };
  return (await routeTraffic(await clients.loadBalancing(), routing)) ?? finished();
}

/**
 * Moves the traffic of a service to where it must be by now; with all of it, the replacement becomes the primary task
 * set. It changes only weights that it has set itself (deployments.md §12.2, step 10).
 */
export async function shiftService(
  clients: Clients,
  effect: ShiftService,
  { checkpoint, now }: { readonly checkpoint: Checkpoint | undefined; readonly now: number },
): Promise<EffectOutcome> {
  const { service: name, deploymentId, production: listener, pair, shifts } = effect;
  const percent = percentDue(shifts, now);
  const known = checkpoint?.shifted?.percent;
  if (known === percent) return shifted(effect, { percent, now });
  const ecs = await clients.ecs();
  const before = (await describeService(ecs, name)) ?? {};
  const green = taskSetStates(before).find(({ externalId }) => externalId === deploymentId);
  if (green === undefined || !isAlive(green))
    return refused("ECS_UPDATE_ERROR", gone({ id: green?.id ?? `of ${deploymentId}` }));
  if (green.desiredCount > 0 && green.runningCount === 0) return idle(green, { since: checkpoint?.idleSince, now });
  // A later step is our own shift whose checkpoint was lost.
  const planned = [known ?? 0, ...shifts.map((shift) => shift.percent).filter((step) => step >= (known ?? 0))];
  const foreign = await routeTraffic(await clients.loadBalancing(), { listener, pair, percent, planned });
  if (foreign !== undefined) return foreign;
  if (percent === 100 && green.status !== "PRIMARY") await makePrimary(ecs, name, { ...before, id: green.id });
  const taskSets = taskSetStates((await describeService(ecs, name)) ?? {});
  if (percent === 100 && !taskSets.some((set) => set.externalId === deploymentId && set.status === "PRIMARY"))
    return underWay(`the task set ${green.id} becomes the primary one`);
  return shifted(effect, { percent, now }, { shifted: { percent }, taskSets, idleSince: undefined });
}

/** How long tasks that have all ended are waited for: ECS starts others. */
const idleMilliseconds = 300_000;

/** No traffic is sent to a task set of which no task runs. */
function idle(
  { id, desiredCount }: TaskSetState,
  { since, now }: { readonly since: number | undefined; readonly now: number },
): EffectOutcome {
  const because = `none of the ${desiredCount} tasks of ${id} runs: no more traffic is sent to them`;
  if (since === undefined) return underWay(because, { idleSince: now });
  return now - since < idleMilliseconds ? underWay(because) : refused("ECS_UPDATE_ERROR", because);
}

function shifted(
  { shifts }: ShiftService,
  { percent, now }: { readonly percent: number; readonly now: number },
  checkpoint?: Checkpoint,
): EffectOutcome {
  if (percent === 100) return finished(checkpoint);
  const then = nextShiftInWords(shifts, now);
  return underWay(`the replacement tasks have ${percent} % of the traffic${then}`, checkpoint);
}
