import { isOver, rollbackMessages } from "@sluice/engine";
import type { Answer, DeploymentAnswer, DeploymentHeader } from "../../contract.ts";
import { disruptionOf } from "./healthy-hosts.ts";
import type { DeploymentRecord } from "../../../store/deployments/records.ts";
import { notFound } from "../../http/problem.ts";
import type { Viewer } from "../../rights/viewer.ts";
import type { SnapshotContext } from "../context.ts";
import { rowOf, usualDuration } from "./deployment-row.ts";
import { eventNamesOf } from "./event-names.ts";
import { revisionView } from "../revision-view.ts";
import { settingsOf } from "./settings.ts";
import { trafficOf } from "./traffic.ts";
import { wavesOf } from "./waves.ts";

/** Returns a deployment that the viewer may see. Throws when there is none, or none for this viewer. */
export async function deploymentFor(
  viewer: Viewer,
  { store }: Pick<SnapshotContext, "store">,
  id: string,
  operation: "GetDeployment" | "BatchGetDeploymentTargets" | "GetDeploymentTarget" = "GetDeployment",
): Promise<DeploymentRecord> {
  await viewer.demand(`codedeploy:${operation}`, { deploymentId: id });
  const record = store.deployments.byId(id);
  if (record === undefined) throw notFound(`There is no deployment "${id}" here`);
  return record;
}

/** `GET /console/api/deployments/:id`. */
export async function deployment(
  viewer: Viewer,
  context: SnapshotContext,
  id: string,
): Promise<Omit<DeploymentAnswer, keyof Answer>> {
  const record = await deploymentFor(viewer, context, id);
  const { deploymentInfo = {} } = await viewer.perform("codedeploy", "GetDeployment", { deploymentId: id });
  return {
    deployment: headerOf(context, record),
    events: eventNamesOf(context.store.deployments.targets(id)),
    settings: settingsOf(record),
    raw: deploymentInfo as Readonly<Record<string, unknown>>, // AWS's structure
  };
}

/** What of a deployment is sent whole whenever it has changed. */
export function headerOf(context: SnapshotContext, record: DeploymentRecord): DeploymentHeader {
  const { store } = context;
  const { id, groupId, request, state } = record;
  const targets = store.deployments.targets(id);
  const waves = wavesOf(context, record).waves;
  const current = waves.findLast(({ startTime, isPredicted }) => startTime !== undefined && !isPredicted);
  const rolledBackBy = store.deployments.rolledBackBy(id);
  const row = rowOf(context, record);
  return {
    ...row,
    expectedEnd: (isOver(state) ? undefined : context.foretell?.(id)?.until) ?? row.expectedEnd,
    wave: current === undefined ? undefined : { current: current.number, of: waves.length },
    minimumHealthy: disruptionOf(record, targets),
    waves,
    steps: state.steps.map(({ name, status, startTime, endTime, progress, error }) => ({
      name,
      status,
      startTime,
      endTime,
      text: error?.message ?? progress,
    })),
    messages: [
      ...state.notes,
      ...(rolledBackBy === undefined ? [] : [rollbackMessages(id, rolledBackBy).onEnded]),
      ...(state.rollbackMessage === undefined || !isOver(state) ? [] : [state.rollbackMessage]),
    ],
    rollbackOf: request.rollbackOf?.deploymentId,
    rolledBackBy,
    retryOf: request.retries,
    previousRevision: request.previousRevision && revisionView(request.previousRevision),
    usualDuration: usualDuration(context, groupId),
    traffic: trafficOf(state, targets),
  };
}
