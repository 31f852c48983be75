import type { Report } from "@sluice/engine";
import type { Reports } from "./reports.ts";
import type { Database } from "../database.ts";
import type { DeploymentCache } from "./cache.ts";
import type { CommandRecord, OpenCommand, Outbox } from "./outbox.ts";

/** Commands for hosts, and reports about them. */
export function commands(
  db: Database,
  { cache, reports, outbox }: { cache: DeploymentCache; reports: Reports; outbox: Outbox },
) {
  return {
    /** Returns the command of a host for an event of a deployment. */
    find(deploymentId: string, host: string, name: string): CommandRecord | undefined {
      const row = db.get<{ id: string }>(
        "SELECT id FROM targets WHERE host = ? AND deployment_id = ?",
        host,
        deploymentId,
      );
      const target = row && cache.target(deploymentId, row.id);
      const event = target?.events.find((candidate) => candidate.name === name);
      if (target === undefined || event?.command === undefined) return undefined;
      return { id: event.command.id, deploymentId, targetId: target.id, host, event: event.name };
    },
    /** Returns the commands that the host has not acknowledged, oldest first. */
    openFor: (host: string): readonly OpenCommand[] => outbox.openFor(host),
    /** Adds a report for the next pass: the first of a kind, or the last progress. */
    addReport: (report: Report, deploymentId: string): void => reports.add(report, deploymentId),
    newReports: (deploymentId: string): readonly Report[] => reports.of(deploymentId),
  };
}
