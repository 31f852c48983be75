import { isOver, type LifecycleEvent, type Target } from "@sluice/engine";
import type { Answer, TargetAnswer, TargetEvent } from "../../contract.ts";
import { notFound } from "../../http/problem.ts";
import type { Viewer } from "../../rights/viewer.ts";
import type { SnapshotContext } from "../context.ts";
import { deploymentFor } from "./deployment.ts";
import { rowOf } from "./deployment-row.ts";
import { plainLines } from "../script-lines/plain-text.ts";
import { revisionOfIdentity } from "../revision-view.ts";
import { wavesOf } from "./waves.ts";

/** How many targets tell how long an event usually takes. */
const sampleMax = 200;

/** `GET /console/api/deployments/:id/targets/:target`. */
export async function oneTarget(
  viewer: Viewer,
  context: SnapshotContext,
  { id, targetId }: { readonly id: string; readonly targetId: string },
): Promise<Omit<TargetAnswer, keyof Answer>> {
  const record = await deploymentFor(viewer, context, id, "GetDeploymentTarget");
  const { store, presence, lastSeen } = context;
  const targets = store.deployments.targets(id);
  const position = targets.findIndex((target) => target.id === targetId);
  const target = targets[position];
  if (target === undefined) throw notFound(`The deployment ${id} has no target "${targetId}"`);
  const facts = presence.factsOf(target.hostIdentifier);
  const before = store.deployments.memories(record.groupId)[target.id]?.installed;
  const failed = (one: Target) => one.status === "Failed";
  return {
    deployment: rowOf(context, record),
    target: {
      id: target.id,
      arn: target.arn,
      position,
      status: target.status,
      label: target.label,
      zone: target.zone,
      wave: wavesOf(context, record).numbers[position],
      lastUpdatedAt: target.lastUpdatedAt,
      events: target.events.map((event) => eventView(event, targets)),
    },
    host: {
      lastSeen: facts === undefined ? undefined : (lastSeen(target.hostIdentifier) ?? facts.since),
      agentVersion: facts?.agentVersion,
      // After the end the group remembers this very deployment's revision.
      ranBefore: before === undefined || isOver(record.state) ? undefined : revisionOfIdentity(before),
    },
    previousFailed: targets.slice(0, position).findLast(failed)?.id,
    nextFailed: targets.slice(position + 1).find(failed)?.id,
  };
}

function eventView(event: LifecycleEvent, targets: readonly Target[]): TargetEvent {
  const { name, status, startTime, endTime, diagnostics, command, error, agentIssue } = event;
  return {
    name,
    status,
    startTime,
    endTime,
    usualDuration: usualDuration(name, targets),
    errorCode: error?.code ?? diagnostics?.errorCode,
    script: diagnostics?.scriptName,
    message: error?.message ?? diagnostics?.message,
    logTail: diagnostics && plainLines(diagnostics.logTail),
    progress: command?.progress ?? agentIssue,
  };
}

function usualDuration(name: string, targets: readonly Target[]): number | undefined {
  const durations: number[] = [];
  for (const { events } of targets) {
    const { startTime, endTime } = events.find((event) => event.name === name) ?? {};
    if (startTime !== undefined && endTime !== undefined) durations.push(endTime - startTime);
    if (durations.length === sampleMax) break;
  }
  return durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)];
}
