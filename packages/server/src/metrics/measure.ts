import type { Decision } from "@sluice/engine";
import type { AuditLog } from "../audit/audit-log.ts";
import type { Store } from "../store/index.ts";
import type { Measurements } from "./measurements.ts";

/** Counts a decision that is committed, and the end of a deployment with its names. */
export function measureDecision(
  measurements: Measurements,
  { applications, deployments }: Pick<Store, "applications" | "deployments">,
  { id, decision }: { readonly id: string; readonly decision: Decision },
): void {
  measurements.decision(decision);
  const record = decision.do === "finish" ? deployments.byId(id) : undefined;
  if (record === undefined) return;
  const { createTime, completeTime = createTime, status } = record.state;
  measurements.end({
    application: applications.byId(record.applicationId)?.name ?? "",
    group: record.request.groupName,
    outcome: status,
    milliseconds: completeTime - createTime,
  });
}

/** Counts what is reported to `report`. */
export function countedDefects(
  report: (error: unknown, about: string) => void,
  measurements: Measurements | undefined,
): (error: unknown, about: string) => void {
  return (error, about) => {
    measurements?.defect();
    report(error, about);
  };
}

/** Measures the transactions of the databases that requests wait for. */
export function measureCommits(
  measurements: Measurements,
  { store, audit }: { readonly store: Pick<Store, "afterCommit">; readonly audit: Pick<AuditLog, "afterCommit"> },
): void {
  store.afterCommit((commit) => measurements.commit("codedeploy", commit));
  audit.afterCommit((commit) => measurements.commit("audit", commit));
}
