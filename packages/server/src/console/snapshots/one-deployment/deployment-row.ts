import { isOver } from "@sluice/engine";
import type { Counts, DeploymentRow } from "../../contract.ts";
import type { DeploymentRecord } from "../../../store/deployments/records.ts";
import type { SnapshotContext } from "../context.ts";
import { revisionView } from "../revision-view.ts";
import { sentenceOf } from "./sentence.ts";
import { waitingOf } from "./waiting.ts";

type Context = Pick<SnapshotContext, "store" | "clock">;

/** How many earlier deployments of a group tell how long one takes. */
const durationsCount = 15;

/** A deployment as a row, by the members that are listed here. */
export function rowOf(context: Context, record: DeploymentRecord): DeploymentRow {
  const { store } = context;
  const { id, applicationId, groupId, request, state } = record;
  const application = store.applications.byId(applicationId);
  const counts = countsOf(context, record);
  const waiting = waitingOf(context, record);
  return {
    id,
    application: application?.name ?? "",
    group: store.groups.byId(groupId)?.name ?? request.groupName,
    platform: application?.computePlatform ?? "Server",
    kind: state.kind,
    status: state.status,
    revision: revisionView(request.revision),
    creator: request.creator,
    description: request.description,
    createTime: state.createTime,
    startTime: state.startTime,
    completeTime: state.completeTime,
    counts,
    ratePerMinute: rateOf(context, record),
    expectedEnd: expectedEnd(context, record),
    waiting,
    sentence: sentenceOf(state, counts, waiting),
    error: state.error && { code: state.error.code, message: state.error.message },
  };
}

/** How many targets have which status. While a deployment runs its targets are at hand; of others the table counts. */
function countsOf({ store }: Context, { id, state }: DeploymentRecord): Counts {
  const counts: Partial<Record<keyof Counts, number>> = {};
  if (isOver(state)) Object.assign(counts, store.overviews.targetCounts(id));
  else for (const { status } of store.deployments.targets(id)) counts[status] = (counts[status] ?? 0) + 1;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { ...counts, total };
}

/** How many targets ended in the last minute. */
function rateOf({ store, clock }: Context, { id, state }: DeploymentRecord): number | undefined {
  if (isOver(state) || state.startTime === undefined) return undefined;
  const since = clock() - 60_000;
  const ended = ({ status }: { readonly status: string }) => status === "Succeeded" || status === "Failed";
  return store.deployments.targets(id).filter((target) => ended(target) && target.lastUpdatedAt >= since).length;
}

/** When a deployment will have ended, by the median of earlier ones of its group. One that takes longer tells nothing. */
function expectedEnd(context: Context, { groupId, state }: DeploymentRecord): number | undefined {
  if (isOver(state) || state.startTime === undefined) return undefined;
  const usual = usualDuration(context, groupId);
  if (usual === undefined) return undefined;
  const end = state.startTime + usual;
  return end > context.clock() ? end : undefined;
}

/** Median duration of a group's deployments that succeeded, in milliseconds. */
export function usualDuration({ store }: Pick<Context, "store">, groupId: string): number | undefined {
  const durations = store.overviews.durations(groupId, durationsCount).map(({ duration }) => duration);
  return durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)];
}
